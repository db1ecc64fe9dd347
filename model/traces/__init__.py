"""Exported traces: writing them, reading them back, and their JSON Schema."""
