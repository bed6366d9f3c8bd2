"""The tests' room after an upgrade: its book event has one more attribute, with a default."""
