"""Handouts, the lesson on paper: what stands on one, and how it is written as Markdown, HTML and LaTeX.

page                              what stands on a handout, before it is written
narration                         the narration of a lesson, which is Markdown of somebody else's
as_markdown, as_html, as_latex    the three formats
writers                           all of them, by the ending of the file
"""
