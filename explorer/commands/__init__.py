"""The commands.

command_line                     all of them, and the options of the program itself
exploring, printing, plotting,   the commands, by what they do
files, models, checking,
marking, gallery_command,
attribute_command, lens_command, heads_command,
neurons_command, why_command, bits_command,
tokens_command, cache_command, patch_command, generate_command,
words_command, rounding_command, doctor_command,
serve_command
group                            how each is made when it is asked for
one_run                          the options of a question about one run
answering                        how a command gives its answer: printed, or as a file
train, starter                   what `train` does, and the scenario that `new` writes
starting                         opening the library and the explorer, also without Typer
options, common, examples        what several commands take, share, and show as examples
"""
