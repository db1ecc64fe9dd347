"""The scenario that `attn-explore new` writes."""

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
  weights:
    seed: 7                  # the same parameters on every machine
    scale: 0.5               # their standard deviation
    # file: weights.safetensors    # instead of seed and scale: every parameter from a file beside this one
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
