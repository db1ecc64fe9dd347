"""The explorer's screen in parts: what it shows, and what each group of keys does."""
