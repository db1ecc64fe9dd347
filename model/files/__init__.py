"""Bytes and nothing of scenarios: reading files that strangers name, writing whole or not at all, and file formats."""
