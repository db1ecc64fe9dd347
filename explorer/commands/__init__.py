"""The commands, by what they do: exploring, printing, and reading and writing files."""
