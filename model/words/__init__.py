"""What each step is called and why it exists, apart from the mathematics.

The words are in `en.md`, a heading for each step. `language` reads such a file; `steps` finds the words of a step.
"""
