"""The room's destinations in its hosts' own tables."""
