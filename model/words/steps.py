"""What each step is called and why it exists: titles, symbols and explanations, apart from the mathematics.

A row is found by the step's name, by `block.name` where the block makes a difference, and by `name/operation` where a
variant does. A teacher or a translator works here.
"""

from __future__ import annotations

from typing import NamedTuple

from attn_explore.model.words.experiments import EXPERIMENTS


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
    "position/rows": Words(
        "Learned positions", "P",
        "Attention by itself sees a bag of words. Here each position has a vector of its own in a table, learned like "
        "the embeddings. It is simple and works well, but a text longer than the table has places that the model has "
        "never seen.",
    ),
    "q_rotated": Words(
        "Queries, turned by their position", "Q′",
        "Nothing is added to the embeddings here; instead the columns of each query are taken in pairs, and each pair "
        "is turned like the hand of a clock, by an angle that grows with the position: fast in the left columns, "
        "slowly in the right ones. The length of a query stays as it was.",
    ),
    "k_rotated": Words(
        "Keys, turned by their position", "K′",
        "The keys are turned by the same angles. The product of a query and a key depends on the angle between them, "
        "and turning both leaves only the difference of their positions in it: attention sees how far apart two words "
        "are, not where in the text they stand.",
    ),
    "position_bias": Words(
        "Position bias", "B",
        "A penalty for distance: each key loses as much as it is words away from the query, times a slope. Every head "
        "has a slope of its own, so some heads look at the neighbourhood and others far afield.",
    ),
    "biased_scores": Words(
        "Scores with the position bias", "",
        "The bias is added to the scores: of two keys that fit equally well, the nearer one gets the larger weight. It "
        "is the only place where the order of the words enters.",
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
        "How well does each query fit each key? Every query is compared with every key: as a rule multiplied number "
        "by number, and the products added up. One row is one word's question to all the words; a larger score means "
        "a better fit.",
    ),
    "cross_attention.q": Words(
        "Queries of the decoder", "Q",
        "Each word of the target asks what in the source it should be made of. The queries come from the decoder; keys "
        "and values come from the encoder.",
    ),
    "cross_attention.k": Words(
        "Keys of the encoder's output", "K",
        "Every word of the source, as the encoder left it, says what it has to offer. These keys are the same for each "
        "word that the decoder makes.",
    ),
    "cross_attention.v": Words(
        "Values of the encoder's output", "V",
        "What each word of the source gives to the words of the target that attend to it.",
    ),
    "cross_attention.weights": Words(
        "Cross-attention weights", "A",
        "Each row is a word of the target and each column a word of the source: how much every word of the source "
        "counts for the next word of the target. In a translation this looks like an alignment of the two sentences.",
    ),
    "additive_hidden": Words(
        "Hidden units of the additive score", "",
        "Before products of queries and keys became the rule, a small network compared them: query and key are each "
        "multiplied by a matrix, added, and bent by tanh to numbers between −1 and 1, for every pair of words.",
    ),
    "scores/cosine": Words(
        "Attention scores: cosines", "",
        "The product of query and key divided by both their lengths: the cosine of the angle between them. It is "
        "between −1 and 1, whatever the lengths, so only the direction counts; a temperature below 1 makes the "
        "differences count for more.",
    ),
    "scores/bilinear": Words(
        "Attention scores: bilinear", "",
        "A learned matrix stands between query and key. It can decide which column of the query is compared with which "
        "column of the key, so that the two need not use their columns alike.",
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
    "weights/relu": Words(
        "Attention weights by ReLU", "A",
        "Instead of softmax, ReLU: a positive score is its own weight, a negative one gives 0. No word is forced to "
        "share out exactly 1, so a row can be all zeros or sum to more than 1, and words do not compete.",
    ),
    "weights/sigmoid": Words(
        "Attention weights by sigmoid", "A",
        "Each score is squeezed to between 0 and 1 by itself. Words do not compete as under softmax: several can have "
        "a weight near 1, or none, and a row need not sum to 1.",
    ),
    "weights/sparsemax": Words(
        "Attention weights by sparsemax", "A",
        "A threshold τ is taken from every score, and what falls below 0 becomes 0; τ is set so that the row sums to "
        "1. Unlike softmax, which never reaches 0, it drops the words that fit badly altogether.",
    ),
    "weights/hardmax": Words(
        "Attention weights by hardmax", "A",
        "All the weight on the best fit: softmax at temperature 0. It is easy to read, and it cannot be trained by "
        "gradients, because a small change of a score changes nothing.",
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
    "norm/rms_normalise": Words(
        "Norm: RMSNorm", "",
        "Each word's vector is divided by the root of its mean square, and multiplied by a learned gain γ for each "
        "column. Unlike layer normalisation it leaves the mean alone, which saves work and is found to do as well.",
    ),
    "gate": Words(
        "Feed-forward: the gate", "",
        "In a gated network the hidden units are products of two projections. This one, after its activation, decides "
        "how far each unit is open.",
    ),
    "up": Words(
        "Feed-forward: what passes the gate", "",
        "The other projection: what a hidden unit says, if its gate is open.",
    ),
    "final_norm": Words(
        "Final norm", "",
        "One last norm brings the vectors to a common scale before anything reads them. A pre-norm model needs it: its "
        "residual stream was never normalised, every block only added to it.",
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
    "hidden/gelu": Words(
        "Feed-forward: hidden units by GELU", "",
        "GELU multiplies each number by the share of a normal distribution that lies below it: large numbers pass, "
        "very negative ones become 0, and in between it bends smoothly where ReLU has a corner.",
    ),
    "hidden/gelu_tanh": Words(
        "Feed-forward: hidden units by GELU (tanh form)", "",
        "GELU in the form with tanh, a close approximation that is quicker to compute: large numbers pass, very "
        "negative ones become 0, and in between it bends smoothly.",
    ),
    "hidden/silu": Words(
        "Feed-forward: hidden units by SiLU", "",
        "SiLU multiplies each number by its own sigmoid: large numbers pass, very negative ones become 0, and it bends "
        "smoothly, dipping a little below 0.",
    ),
    "hidden/swiglu": Words(
        "Feed-forward: hidden units, gated by SiLU", "",
        "The gate, bent by SiLU, times what passes it. A unit speaks only where its gate is open, so one pattern can "
        "switch another on or off.",
    ),
    "hidden/geglu": Words(
        "Feed-forward: hidden units, gated by GELU", "",
        "The gate, bent by GELU, times what passes it. A unit speaks only where its gate is open, so one pattern can "
        "switch another on or off.",
    ),
    "pooling": Words(
        "Shares of the words", "",
        "One label for the whole sentence needs one vector for the whole sentence. Every word counts alike, and "
        "padding does not count.",
    ),
    "pooled": Words(
        "The sentence's vector", "",
        "The mean of the words' vectors, one number for each column. After attention each of them already knows of the "
        "others.",
    ),
    "logits": Words(
        "Logits", "",
        "One last matrix compares each vector with a pattern for every answer there is. A logit is a score: any "
        "number, larger for a better fit.",
    ),
    "probabilities": Words(
        "Probabilities", "p",
        "Softmax turns the logits into shares that sum to 1. They are what the model believes, not what is true: only "
        "training makes the two meet.",
    ),
    "candidates": Words(
        "Candidates for the next word", "",
        "The last word's row: what the model expects to come next. Generating greedily means to take the likeliest, "
        "put it behind the others and run again.",
    ),
    "loss_per_token": Words(
        "Surprise at each word", "",
        "How unlikely the model found what it should have said: minus the logarithm of its probability. 0 would be "
        "certainty; with n words to choose from, guessing blindly costs ln n.",
    ),
    "loss": Words(
        "Loss", "L",
        "One number for the whole run: the mean surprise. Training turns every parameter a little in the direction "
        "that makes it smaller.",
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
    "norm.mean_square": Words(
        "Mean square of each word", "", "The mean of the squared numbers. Its root is what the vector is divided by."
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
    **{key: Words(*row) for key, row in EXPERIMENTS.items()},
}  # fmt: skip
"""Words of every step, most specific key first: `weights/relu`, then `ffn.output`, then `output`."""

NOUNS = {
    "input": "the input of the first layer",
    "residual": "the sum of the residual connection",
    "norm": "the normalised vectors",
    "final_norm": "the vectors after the final norm",
    "gate": "the gate",
    "up": "what passes the gate",
    "hidden_pre": "the hidden units before the activation",
    "hidden": "the hidden units",
    "scores": "the attention scores",
    "loss_per_token": "the surprise at each word",
    "pooled": "the sentence's vector",
}
"""What a gradient is by, where the step's title does not say it as a noun."""

GRADIENT = Words(
    "How {output} changes with {numbers}", "",
    "For each number, how fast {output} changes with it, everything that follows computed anew: +2 means that a "
    "little more here makes {output} larger by twice as much, a negative number that it makes it smaller, and 0 that "
    "it makes no difference. It is what every step that read the number passes back, added up: how fast {output} "
    "changes with that step, times how fast that step changes with the number (the chain rule).",
)  # fmt: skip
"""The words of every gradient, about the words of what it is by."""

ORIGIN = (
    "Here the walk backwards begins: {output} changes with itself, and so the gradient is 1 at that number. What it "
    "does not depend on has no gradient."
)
"""What is said of the gradient of the output by itself, instead."""

LEARNED = "Training moves {symbol} a small step against its gradient of the loss."
"""What is said besides of the gradient by a parameter."""

PARAMETERS = {
    "embedding_table": "table",
    "tokens": "ids", "target": "target", "target_share": "1/n",
    "w_q": "W_Q", "w_k": "W_K", "w_v": "W_V", "w_o": "W_O",
    "b_q": "b_Q", "b_k": "b_K", "b_v": "b_V", "b_o": "b_O",
    "w_1": "W₁", "b_1": "b₁", "w_2": "W₂", "b_2": "b₂",
    "w_score_q": "W_SQ", "w_score_k": "W_SK", "v_score": "v", "w_score": "W_S",
    "w_gate": "W_gate", "w_up": "W_up", "position_table": "table", "w": "W", "b": "b",
    "logits": "x", "multipliers": "a", "widths": "dₖ", "x": "X", "readout": "R", "divisor": "c",
    "norm_gain": "γ", "norm_bias": "β", "final_norm_gain": "γ", "final_norm_bias": "β",
}  # fmt: skip
"""How parameters and given values are written in formulas."""


ALIKE = {
    "final_norm": "norm",
    **dict.fromkeys(("probabilities", "probabilities_above", "probabilities_below"), "weights"),
}
"""Steps whose finer steps have the words of another's."""


def noun(name: str, title: str) -> str:
    """What a step is called in a sentence.

    >>> noun("q", "Queries"), noun("residual", "Add: the residual connection")
    ('the queries', 'the sum of the residual connection')
    """
    return NOUNS.get(name) or f"the {title[:1].lower()}{title[1:]}".replace("the the ", "the ")


def words_of(path: str, operation: str) -> Words:
    """The words of the step at `path`, made by `operation`. Raises KeyError when nobody has written them."""
    parts = path.split(".")
    name, with_block = parts[-1], ".".join(parts[-2:])
    for other, same in ALIKE.items():
        with_block = with_block.replace(f"{other}.", f"{same}.")
    keys = (f"{name}/{operation}", with_block, name)
    return STEPS[next((key for key in keys if key in STEPS), name)]
