"""Screens: each composes widgets, joins them, and owns its keys."""
