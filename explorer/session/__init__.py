"""What a person does, without a screen: opening a run, going from place to place, editing, following a lesson.

asked, opening, run_files           what is asked for, how it becomes a session, and the files that it is read from
session, run, place                 a session: what was computed, and where in it one is
stepping, history, computing        from step to step, there and back; steps that are computed when they are looked at
finding, search, alike              what a text that is typed leads to
edits, what_if, gradients           other numbers, and how fast one number changes with others
two_runs, matching                  two runs, and the same cells in both
moments, change_moment, pinning     the moments of a training
lesson_progress, answers, course    how a lesson goes, and its questions went; a file of answers; which lesson is next
gallery, other_text, growing        an attention in every variant, another text, words that come one after the other
asked_logit                         which logit is asked for, of which token, after which word
scored_heads, through_lens          what every head of attention does; what the model would say on the way
who_wrote, patched                  who wrote a logit; what of one run makes the other one say what it says
networks, looked_there              which feed-forward network is meant; why a head looks where it looks
options_said                        the options of a command, as they are typed
generated, sampler_said             how each word was chosen, or would be by a sampler that is typed
asked_words                         which words made an output
saving, reopening                   what is written to files, and the command that opens a view again
checkpoint_checks, checkpoint_names   whether a model computes what it should, and how a saved scenario names it
"""
