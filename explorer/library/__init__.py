"""What is kept for a person between two starts, and what the library shows.

home                                what is around the program: a person's own machine, or a visitor's browser
offer                               what can be opened there
entries, entry                      the scenarios and models of the list
bookmarks, marks                    how far lessons were followed, and what a class answered
arrangement                         how the panels are arranged
kept                                where that is kept
"""
