"""Events of the subdomain ``learning``."""
