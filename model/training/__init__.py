"""Where weights come from.

data, tasks, batches   examples, from a file or made up, and many of them as arrays
trainer, adam, loop    one step of training, and the whole of it
record, curves         the moments that are kept in a weights file, and the curves as steps of a run
"""
