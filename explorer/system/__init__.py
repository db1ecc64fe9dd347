"""What surrounds the program.

exits, signals, streams             how it ends, and what it finds as stdin, stdout and stderr
limits, free_memory                 what a run may take
served                              what a visitor in a browser may open
counter, progress, time_left        how far a run has come, saying so on stderr, and how long it will take
file_formats, figure_kinds          the endings of files, and what is drawn into them
installed, terminal_questions       what is installed, and what the terminal says of itself
command_lines                       lines that are shown to be typed
where_files_go, fence               the disk, or the browser of a visitor, who is kept from the disk
key_file                            a person's own keys and theme
"""
