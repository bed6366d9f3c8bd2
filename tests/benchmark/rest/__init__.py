"""The contestant: the path that the bus replaces, a POST per grade to a view of Django's."""
