"""The scenario that `attn-explore new` writes, and the lesson that it writes with `--lesson`."""

STARTER = """\
# A scenario for attn-explore. Every key but `input` may be left out; the comments give the defaults.
title: My scenario
summary: One line about what it shows.
difficulty: beginner         # beginner, intermediate or advanced

model:
  kind: encoder              # or decoder, encoder-decoder, attention (without norms and feed-forward)
  d_model: 6                 # numbers for each word
  heads: 2                   # 1
  # d_k: 3                   # width of queries and keys; d_model / heads
  # d_v: 3                   # width of values; d_k
  layers: 1
  # d_ff: 24                 # inner width of the feed-forward network; 4 · d_model
  score: scaled_dot          # or dot, additive, general, cosine
  weighting: softmax         # or relu, sigmoid, sparsemax, hardmax
  position: sinusoidal       # or learned, rotary, alibi, none
  norm: layer                # or rms, none
  norm_order: post           # or pre
  activation: relu           # or gelu, gelu_tanh, silu, swiglu, geglu
  bias: false                # biases in the projections
  # ffn_bias: true           # biases in the feed-forward network; false where it is gated
  # head_bias: true          # a bias in the head
  weights:
    seed: 7                  # the same parameters on every machine
    scale: 0.5               # their standard deviation
    # file: weights.safetensors    # instead of seed and scale: every parameter from a file beside this one
    # rounded: q4_1                # as they come back from bf16, f16, int8, q8_0 or q4_1
    # set:                         # single parameters by hand
    #   encoder.layers.0.ffn.b_2: [0, 0, 0, 0, 0, 1]

input:
  text: I love my dog        # or tokens: [I, love, my, dog], or vectors: rows of d_model numbers
  # pad_to: 6                # adds <pad> tokens, and the mask that hides them
  # target: 我 喜歡 我的 狗     # what a decoder is fed

# mask: { causal: true }     # each word sees only those before it

# lesson:                    # a list of stops: a step, the cell that it is about, your words, and perhaps a question
#   - at: encoder.layers.0.self_attention.weights
#     focus: { query: love }
#     say: A row sums to **1**.
#     ask: Which word does “love” attend to most?
#     answer: { argmax: key }          # or argmin: AXIS, cell: largest, number: true, sum: AXIS

# gradients: { of: "encoder.layers.0.ffn.norm[dog, 0]" }   # how fast one number changes with every other

# compare: { model: { score: dot } }    # a second run with other settings (of input and mask too); c changes over

# `attn-explore run FILE --watch` runs again whenever this file is saved.
"""

LESSON = """\
# Teaches: (one sentence: what a person knows after this lesson that they did not know before).
#
# A lesson for attn-explore: what is run, and stops, each at one step of it, with your words and perhaps a question.
# `attn-explore run FILE --plain` names the steps; `attn-explore check FILE` tells what is wrong;
# `attn-explore run FILE --watch` shows it, again whenever it is saved.
title: My lesson
summary: One line about what it shows, for the library.
difficulty: beginner         # or intermediate, advanced

model:                       # `attn-explore new FILE` without --lesson writes every key of the model
  kind: encoder
  d_model: 6
  d_ff: 12
  weights: { seed: 7, scale: 0.5 }

input:
  text: I love my dog

# A second run, for the views `beside` and `difference`.
compare:
  label: no division by √dₖ
  model: { score: dot }

# 5 to 12 stops, of at most five lines each, and two questions or more. Say what is to be seen in these very numbers.
lesson:
  # The least that a stop has: a step, and words. Words are Markdown: *a word of the text*, **a new term**, `a name`.
  - at: encoder.embedding              # the path of a step, or the name of a parameter
    say: >-
      Each word is a row of numbers. They were drawn at random; training would make them mean something.

  # `focus` is the cell that the cursor begins at: for each axis a word, or a place from 0. What is left out is 0.
  - at: encoder.layers.0.self_attention.scores
    focus: { query: love, key: dog }
    say: The query of *love* and the key of *dog*, multiplied and added up, number by number.

  # A question comes before the numbers are shown. The run answers it: no answer stands in this file.
  - at: encoder.layers.0.self_attention.weights
    focus: { query: love }
    say: Softmax makes each row sum to **1**.
    ask: Which word does *love* attend to most?
    answer: { argmax: key }            # the word with the largest number along an axis; the smallest: argmin: key
    hint: Look for its largest score.  # for whoever asks, and after a wrong answer; without it the arithmetic is shown

  # Other answers, each within one percent or rounded to two digits:
  #   answer: { number: true }         # the number in the cell of `focus`
  #   answer: { sum: key }             # what the numbers along an axis come to; they are in sight
  #   answer: { operand: residual }    # a number that this cell was computed from, by the end of its path
  #   answer: { cell: largest }        # any cell with the largest (or smallest) number, where `focus` names no place
  - at: encoder.layers.0.self_attention.weights
    focus: { query: dog }
    say: Four weights, from 0 to 1.
    ask: What do the weights of *dog* come to?
    answer: { sum: key }

  # A question to think about has no answer.
  - at: encoder.layers.0.ffn.norm
    ask: What would be different, were the words in another order?

  # `view`: matrix (as here, if nothing is said), heat, plot; of attention also word and text, as `w` and `W` show it;
  # with a second run also beside and difference.
  - at: encoder.layers.0.self_attention.weights
    focus: { query: love, key: dog }
    view: beside
    say: The second run does not divide its scores, and its weights are further apart.

  # `gallery`: at which picture `E` opens the gallery of attention, by its name there.
  - at: encoder.layers.0.self_attention.weights
    focus: { query: love }
    gallery: cosine
    say: Other scores give other weights. `E` hangs them side by side.

  # Where `experiment: {kind: training, …}` says how the model was trained, `moment: 120` is after so many steps of it.
"""
