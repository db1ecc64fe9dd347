"""The terminal: a thin skin over `model`."""
