"""How fast is the worker beside the stock consumer? Ratios from one run; see ``__main__``."""
