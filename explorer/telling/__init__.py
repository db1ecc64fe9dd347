"""What is said of a session: headings, sections, questions, the word view, plain text."""
