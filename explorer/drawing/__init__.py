"""From numbers to lines of text and pictures: pure functions that know no session and no widget.

numbers, colours, typed_number, notations   one number: as text, as a colour, as it is typed, as it is copied
picture, order, grid_layout, lines          a tensor as a grid, and its rows and columns sorted
surround, statistics, histogram             what stands around a grid, and the line under it
sheet_lines, gallery_lines, among_words     a block on a sheet, an attention in every variant, the text on its weights
answer_table                                an answer with its rows and columns
blocks, folding                             rows of pieces in columns, and in the width of a panel
arithmetic                                  the arithmetic of a cell in such rows
wrapping, plain_narration, anchored         text and Markdown in lines, and what terminals draw in other widths
room, tree_label                            how room is shared, and the label of a step in the tree
maps/                                       the model as boxes and arrows
plots/                                      curves, bars, heat maps, lines between words, sheets, the map as figures
handouts/                                   a lesson on paper
png, pdf, screen_svg                        pictures as files
"""
