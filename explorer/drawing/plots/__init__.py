"""Plots and figures: how they are laid out, labelled, and written as text and as files.

layout, labels, text                a plot of curves or bars in the terminal
figure, looks, formats              what can be drawn into a file, its name and size, and the kinds of files
as_text, svg                        any figure as plain lines, and the parts of a picture
curve_files                         curves and bars
heat_map, heat_text, heat_svg, heat_files   a heat map
attention_lines, lines_svg          lines between words
sheet, sheet_svg, sheet_files       one head on one sheet
map_figure                          the map of the model
"""
