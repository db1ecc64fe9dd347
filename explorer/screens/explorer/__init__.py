"""The explorer's screen, and what each group of its keys does."""
