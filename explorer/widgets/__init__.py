"""Widgets: each is given what it shows and says what happened; none reaches for the app or its siblings.

centre, heading, tensor_grid,       the middle of the explorer: a tensor, what it is made from, and its arithmetic
operands_panel, statistics_panel,
arithmetic_panel
ranking, plot_panel, curves, among_panel   what stands there instead: a list, a plot, the text
step_tree, map_panel, map_view, map_lines   the model as a tree, and as a map
words_panel, timeline, key_bar      the words, the run on a line, the keys
find_line, found_list, number_input, choices   what is typed, and what is chosen from
gallery_panel, sheet_panel          the gallery, and one head on one sheet
answer_panel                        an answer as a table
drawn, unscrolled, last_gate        what drawn widgets and their containers share; nothing else reaches the terminal
"""
