"""Screens: each composes widgets, joins them, and owns its keys.

explorer/                           the explorer
library, gallery_screen             the course and what else can be opened; an attention in every variant
map_screen, sheet_screen, answer_screen,   screens over these: the model, one head, an answer, the keys, a tour
help, tour
text_dialog, file_dialog,           dialogs: another text, a file, a figure, the clipboard, what can be asked
figure_dialog, copy_dialog, ask_dialog
keys                                which keys there are, on every screen
working, leaving                    what is made behind a screen, and how it is left
at_home                             what the person before a screen may open, and where their files go
styles, sized, frames, driver       the style sheet, the size of the terminal, its frames, and the terminal itself
"""
