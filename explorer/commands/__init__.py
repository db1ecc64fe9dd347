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
options, shared_options, spread  options that several commands have; those that go together; how Typer is told of these
one_run                          what all questions about one run have in common
answering                        how a command gives its answer: printed, or as a file
making                           how it makes the runs of one, as far as somebody waits
train, starter                   what `train` does, and the scenario that `new` writes
starting                         opening the library and the explorer, also without Typer
common, examples                 from what was named to a session; what the help shows
"""
