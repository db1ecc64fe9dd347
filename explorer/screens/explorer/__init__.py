"""The explorer's screen, and what each group of its keys does.

screen, panels                      the screen, and its panels
state                               what is looked at, and how
in_centre, below, keys_now          what is shown: numbers, what stands under them, and the keys that matter now
actions                             what each key does, and which of these groups does it:
step_keys, player, lesson_keys, find_keys, map_keys       where to go
cell_keys, use_keys, gradient_keys, panel_keys, sheet_keys, arranging   how to look
edit_keys, compare_keys, moment_keys, text_keys, gallery_keys   what else might be
ask_keys, asked_here                what can be asked here: the list, and the table of questions
copy_keys, file_keys                what to take along
filling, watching                   steps that are computed behind the screen; files that are run again when they change
"""
