"""What is kept for a person between two starts, and what the library shows.

entries                             the scenarios and models of the list
bookmarks, marks                    how far lessons were followed, and what a class answered
arrangement                         how the panels are arranged
kept_files                          the files in which that is kept
"""
