"""What a question that is asked of a run leads to: a table, in one shape, for the screen, for print and for files.

answer          the shape
answer_lines    as aligned lines, and as comma-separated ones
answer_json     as strict JSON, and `schemas` of that
answer_figure   as a heat map
attribution_answer   who wrote a logit
lens_answer     what the model would say on the way, and `stream_labels`: what is called how in the stream
answer_files    as the bytes of a file
heads_answer    what every head of attention does
patch_answer    what of one run brings back what it says
why_answer      why a head looks where it looks
words_answer    which words made an output
neurons_answer  the strongest neurons of a feed-forward network
bits_answer     a number by the bits that it is stored in
cache_answer    what the key/value cache holds
rounding_answer what rounding the parameters changes
tokens_answer   how a text became tokens, with `tokens_said` and `token_remarks`: what is said of it, and is unusual
generate_answer how each word of a generation was chosen
answer_curves   its rows and columns as curves
runs_made       how far an answer is that runs are made for
answered        as it is shown: as a table to draw, and where it leads
asked_otherwise questions that take options, as somebody types them
views           which views there are, and what makes each
"""
