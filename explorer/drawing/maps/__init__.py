"""The model as a diagram, in lines of cells: which text stands where, and which box it belongs to.

canvas     cells, and the strokes that they become
lanes      boxes one below the other, and side by side where a value goes several ways
map_words  what is written in a box and beside it, in the room that there is
towers     the towers of a run, one beside the other or below
moving     from box to box, and as much of a map as there is room for
outline    the same as plain sentences
"""
