"""What surrounds the program.

exits, signals, streams             how it ends, and what it finds as stdin, stdout and stderr
limits, free_memory                 what a run may take
counter, progress                   how far a run has come, and saying so on stderr
file_formats, figure_kinds          the endings of files, and what is drawn into them
key_file                            a person's own keys and theme
"""
