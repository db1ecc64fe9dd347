"""What people ask of a run: each file turns a trace into numbers that answer one question.

lens, asked_token, asked_place        what the model would say along its stream; of which token, at which word
attribution, written                  who wrote a logit: everything that was left in the stream, as a sum
said_twice, head_scores, head_atlas   what each head does, by rules that heads have their names from
text_read                             what a stack read: tokens, ids, padding
carried, readout, neurons             what a part of the residual stream says; the neurons that write it
stored_bits                           a number by the bits that it is stored in
rounded_steps                         what rounding the parameters does to each step
kept_keys                             what the key/value cache of a generation holds
tokens_read                           how the text that was read became tokens
two_texts, patching, patched_runs     what of one run makes another one say what it says
sampling, timeline                    how each word of a generation was chosen, and another future
vector_parts, why_there               who wrote a vector, and why a head looks where it looks
one_output, one_pass                  a logit or a probability; what a pass reads with words scaled, or without one
joint_runs                            runs that differ in what some steps hold, made together
word_shares, rollout                  which words made an output, by four methods
"""
