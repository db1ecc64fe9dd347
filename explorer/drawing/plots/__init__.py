"""Plots: how they are laid out, labelled, and written as text and as files."""
