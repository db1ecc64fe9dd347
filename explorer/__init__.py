"""The terminal: a thin skin over `model`. Each room imports only from those below it.

commands/   the command line, one file for each group of commands
screens/    the library, the explorer, the dialogs; keys are in `keys.py`, what one does in `explorer/actions.py`
serving/    the explorer in browsers, for visitors
notebook/   what `import attn_explore` gives to a notebook
widgets/    what screens are composed of: grid, tree, arithmetic, plots, timelines
telling/    the texts that are shown of a session
library/    the list of scenarios, and how far each lesson was followed
session/    what a person does, without a screen: opening, going about, editing, following a lesson
drawing/    from numbers to lines of text and pictures
system/     exit statuses, streams, signals, limits, the key file

`cli` is where the command line begins, `app` joins the screens, `themes` has their colours.
"""
