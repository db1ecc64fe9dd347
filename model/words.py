"""What each step is called and why it exists: titles, symbols and explanations, apart from the mathematics.

A row is found by the step's name, or by `block.name` where the block makes a difference. A teacher or a translator
works here.
"""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """The words of one step. Without a `symbol`, the step is written as its name or as the formula that made it."""

    title: str
    symbol: str
    explanation: str


STEPS = {
    "embedding": Words(
        "Token embeddings", "E",
        "A network can only compute with numbers, so each word is looked up in a table that holds one vector for every "
        "word the model knows. The same word always gets the same row; what the columns mean is not chosen by anybody "
        "but found in training.",
    ),
    "position": Words(
        "Positional encoding", "PE",
        "Attention by itself sees a bag of words: it would treat “dog bites man” and “man bites dog” alike. Each "
        "position therefore gets a pattern of its own, made of sine and cosine waves that run from fast (left "
        "columns) to slow (right columns), so that near positions look alike and every position is different.",
    ),
    "input": Words(
        "Input of the first layer", "X",
        "What the first layer receives: each word's vector says what the word is, and where a positional encoding was "
        "added, also where it stands. From here on every layer reads these rows, one for each word.",
    ),
    "q": Words(
        "Queries", "Q",
        "Every word asks a question of the others. Its query is its vector multiplied by a learned matrix, which picks "
        "out what this head should look for. Queries and keys get matrices of their own, so that what a word looks for "
        "can differ from what it offers.",
    ),
    "k": Words(
        "Keys", "K",
        "Every word also says what it has to offer. Its key is what the queries are compared with: where a query and "
        "a key point the same way, their product is large and the word with that query will attend to the word with "
        "that key.",
    ),
    "v": Words(
        "Values", "V",
        "The key decides whether a word is listened to; the value is what is then heard. Keeping the two apart lets a "
        "word be found by one property and pass on another.",
    ),
    "scores": Words(
        "Attention scores", "",
        "How well does each query fit each key? Every query is multiplied with every key, number by number, and the "
        "products are added up. One row is one word's question to all the words; a larger score means a better fit.",
    ),
    "scaled_scores": Words(
        "Scaled scores", "",
        "A sum of dₖ products grows with dₖ: its standard deviation is √dₖ when the factors have a standard deviation "
        "of 1. Large scores would push softmax to all-or-nothing, where its gradient is nearly zero and nothing can "
        "be learned. Dividing by √dₖ keeps the scores in the same range whatever the width (and a temperature T, "
        "where the scenario sets one, makes the choice softer or sharper).",
    ),
    "mask": Words(
        "Mask", "M",
        "Some words must not be seen: padding that only fills up the sentence, or words that come later when the model "
        "is to predict them. The mask is 0 where a key may be seen and −∞ where it may not.",
    ),
    "masked_scores": Words(
        "Masked scores", "",
        "The mask is added to the scores. Adding 0 changes nothing; adding −∞ gives −∞, and since e to the power of "
        "−∞ is 0, softmax will give a hidden word a weight of exactly 0. Masking comes before softmax so that the "
        "weights of the words that remain still sum to 1.",
    ),
    "weights": Words(
        "Attention weights", "A",
        "Softmax turns each row of scores into shares: every score becomes positive by the exponential, then is "
        "divided by its row's sum. So each row sums to 1 and says how one word divides its attention. The exponential "
        "makes the best fit stand out, but smoothly, so that the weights can be trained.",
    ),
    "head_output": Words(
        "Weighted values", "",
        "Each word collects what it attended to: the values of all words, each multiplied by its weight, added up. "
        "With a weight of 1 on a single word this would copy that word's value; with several weights it is a blend of "
        "them.",
    ),
    "concat": Words(
        "Heads side by side", "",
        "Each head looked for something different and found a blend of its own. Their results are put side by side, "
        "unchanged, so that the next step can use all of them.",
    ),
    "output": Words(
        "Attention output", "",
        "The results of the heads stand in separate columns. One more learned matrix mixes them and brings them to the "
        "width d_model, so that what was found can be added to the word's own vector.",
    ),
    "ffn.output": Words(
        "Feed-forward output", "",
        "A second learned matrix brings the hidden units back to the width d_model. It turns “which patterns were "
        "found” into “what to add to this word's vector”.",
    ),
    "residual": Words(
        "Add: the residual connection", "",
        "The block's result is added to what came in, instead of replacing it. A word therefore keeps what it was and "
        "only learns what to change, and gradients have a straight road back through every layer, which is what makes "
        "deep stacks trainable.",
    ),
    "norm": Words(
        "Norm: layer normalisation", "",
        "Sums grow from layer to layer. Each word's vector is brought back to mean 0 and variance 1, and then a "
        "learned gain γ and bias β for each column let the model choose the scale that it needs. Every word is "
        "normalised by itself, so a long sentence or a short one makes no difference.",
    ),
    "final_norm": Words(
        "Final norm", "",
        "In a pre-norm model the residual stream itself was never normalised: every block only added to it. One last "
        "norm brings the vectors to a common scale before anything reads them.",
    ),
    "hidden_pre": Words(
        "Feed-forward: hidden units before the activation", "",
        "Attention has moved information between words; now each word thinks for itself. Its vector is compared with "
        "d_ff learned patterns, more of them than the vector has numbers, and each comparison gives one hidden unit.",
    ),
    "hidden": Words(
        "Feed-forward: hidden units", "",
        "ReLU keeps what is positive and sets the rest to 0: a pattern is found or it is not. Without such a bend, two "
        "matrices one after the other would be no more than one matrix, and depth would add nothing.",
    ),
    "weights.maximum": Words(
        "Row maximum", "",
        "The largest score of each row. Subtracting it first changes nothing in the result, because numerator and "
        "denominator shrink by the same factor, but it keeps the exponential from overflowing.",
    ),
    "weights.shifted": Words(
        "Scores below the maximum", "",
        "Every score minus its row's maximum: 0 for the best fit, negative for the others.",
    ),
    "weights.exponentials": Words(
        "Exponentials", "",
        "e to the power of each shifted score: 1 for the best fit, between 0 and 1 for the others, exactly 0 for what "
        "is hidden.",
    ),
    "weights.total": Words(
        "Row sum", "",
        "The sum of a row's exponentials. Dividing by it is what makes the row sum to 1.",
    ),
    "norm.mean": Words(
        "Mean of each word", "μ", "The mean of the numbers of each word's vector."
    ),
    "norm.centred": Words(
        "Centred", "", "Each number minus its word's mean: what is left has mean 0."
    ),
    "norm.squares": Words(
        "Squared distances from the mean", "",
        "How far each number is from the mean, squared so that both directions count alike.",
    ),
    "norm.variance": Words(
        "Variance of each word", "σ²", "The mean of the squared distances. Its root is what the vector is divided by."
    ),
}  # fmt: skip
"""Words of every step, most specific key first: `ffn.output` before `output`."""

PARAMETERS = {
    "embedding_table": "table",
    "tokens": "ids",
    "w_q": "W_Q", "w_k": "W_K", "w_v": "W_V", "w_o": "W_O",
    "b_q": "b_Q", "b_k": "b_K", "b_v": "b_V", "b_o": "b_O",
    "w_1": "W₁", "b_1": "b₁", "w_2": "W₂", "b_2": "b₂",
    "norm_gain": "γ", "norm_bias": "β", "final_norm_gain": "γ", "final_norm_bias": "β",
}  # fmt: skip
"""How parameters and given values are written in formulas."""


def words_of(path: str) -> Words:
    """The words of the step at `path`. Raises KeyError when nobody has written them."""
    parts = path.split(".")
    specific = ".".join(parts[-2:]).replace("final_norm.", "norm.")
    return STEPS[specific] if specific in STEPS else STEPS[parts[-1]]
