"""The texts that are shown of a session.

headings, timelines, tree_text      over, under and beside the numbers
sections, lesson_text, provenance   the words beside the grid
found                               what a text that is typed leads to, as lines of a list
cell_text, difference, uses         where the number of a cell comes from, and where it goes
word_view, among                    attention for one word, and among the words of the text
questions, edit_line                a question with its answers, an edit that is being typed
operands, operands_read, sorting    what a step is made from, around it; by what rows and columns are sorted
sorting_names                       how a command line says by what they are
pictures, overview, model_map       what is drawn and plotted
figures, sorted_figures             what is drawn into a file
head_sheet, block_sheet, planes     which matrices stand on the sheet of a head, or of another block
blocks_around                       those before and after it, where lines are free
sheet_windows, sheet_links          which part of them, and which cells are made of which
gallery_text, library_text          what is said in the gallery, and in the library
handout, lesson_moments             the lesson on paper; a stop at its moment of training
printed_tables                      its tables, each printed once
named_numbers                       whether a question names numbers that are others with other weights
models_list, agreement_text         the models of this machine; whether one computes what another program did
marks_text                          what a class answered
doctor                              what a report of a fault says of a machine
answers                             what a question that is asked of a run leads to: a table
plain, walk_through, two_walks      everything as plain lines, for pipes and screen readers
"""
