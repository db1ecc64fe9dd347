"""From numbers to lines of text and pictures: pure functions that know no session and no widget.

numbers, colours, typed_number, notations   one number: as text, as a colour, as it is typed, as it is copied
picture, grid_layout, lines                 a tensor as a grid
blocks, arithmetic                          rows of pieces in columns, and the arithmetic of a cell in such rows
wrapping, plain_narration                   text and Markdown in lines
plots/                                      curves, bars and heat maps
png, screen_svg                             pictures as files
"""
