"""Events of the subdomain ``enterprise``."""
