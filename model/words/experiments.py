"""The words of the steps of experiments: title, symbol and explanation, by `block.name` as in `words`."""

from __future__ import annotations

from collections.abc import Mapping

EXPERIMENTS: Mapping[str, tuple[str, str, str]] = {
    "experiment.learning_rate": (
        "Learning rate", "",
        "How far the parameters may be moved at each step. It goes up first, while Adam still learns how large the "
        "gradients are, and then down with one over the root of the step (Vaswani et al. 2017, section 5.3).",
    ),
    "experiment.loss": (
        "Loss of each step of training", "L",
        "The mean surprise at what should have been said, in the batch that a step learned from. Guessing blindly "
        "among n words costs ln n; 0 would be certainty.",
    ),
    "experiment.held_out_loss": (
        "Loss of what was held out", "",
        "The same for examples that were never trained on: where it rises while the loss of training falls, the model "
        "learns by heart.",
    ),
    "experiment.held_out_right": (
        "Share of what was held out that is right", "",
        "For how many of the examples that were never trained on every word is right.",
    ),
    "experiment.trained_loss": (
        "Loss of what is trained on", "",
        "The loss of examples that the model learns from, at the same moments.",
    ),
    "experiment.trained_right": (
        "Share of what is trained on that is right", "",
        "For how many of the examples that the model learns from every word is right.",
    ),
    "scaled_logits": (
        "Multiplied logits", "ax",
        "Every logit times a multiplier. The order of the numbers stays as it was; only the distances between them "
        "grow, as they do when queries and keys get wider and nothing is divided by √dₖ.",
    ),
    "experiment.probabilities": (
        "Softmax of the logits", "y",
        "Each row sums to 1. The larger the multiplier, the more of it goes to the largest logit, until it has all: "
        "the row is one-hot, and softmax no longer says how much better the best was.",
    ),
    "experiment.others": (
        "What the others have", "(1−y)",
        "What each share leaves of 1: what the other logits have together.",
    ),
    "experiment.slopes": (
        "Slopes of the shares", "∂yᵢ/∂xᵢ",
        "How fast a share grows with its own score: y times what the others have. It is largest, 1/4, where a share is "
        "one half, and 0 where it is 0 or 1. Training follows slopes: where there is none, nothing is learned.",
    ),
    "curve.multipliers": (
        "Multipliers of the curve", "a",
        "Evenly spaced multipliers from 0 on, so that the way to one-hot can be seen as a curve.",
    ),
    "curve.probabilities": (
        "Shares along the curve", "y",
        "At multiplier 0 all logits are 0 and every share is the same. Then the largest logit takes over, and the "
        "others fall towards 0, each the faster the further it is behind.",
    ),
    "curve.others": (
        "What the others have along the curve", "(1−y)",
        "What each share leaves of 1, for every multiplier of the curve.",
    ),
    "curve.slopes": (
        "Slopes along the curve", "∂yᵢ/∂xᵢ",
        "y(1 − y) for every multiplier of the curve: a hump while the shares are undecided, and then nothing. What "
        "stands to the right of the hump cannot be trained.",
    ),
    "experiment.maximum": (
        "Largest logit", "",
        "Subtracting it from every logit changes nothing in the result and keeps the exponentials from overflowing.",
    ),
    "experiment.shifted": (
        "Logits below the largest", "",
        "Every logit minus the largest: 0 for the best, negative for the others. The derivative does not notice.",
    ),
    "experiment.exponentials": (
        "Exponentials of the logits", "e",
        "The numerators of softmax: e to the power of each logit. Its slope is special, because the exponential is its "
        "own derivative.",
    ),
    "experiment.total": (
        "Sum of the exponentials", "S",
        "The denominator of softmax. Every logit is in it: that is why moving one of them moves all shares.",
    ),
    "probabilities/divide": (
        "Shares", "y",
        "yᵢ = eᵢ/S: each exponential divided by their sum. A quotient of two things that both depend on the logits, so "
        "its derivative takes the quotient rule.",
    ),
    "identity": (
        "Kronecker's delta", "δ",
        "1 where i and j are the same, 0 elsewhere. With it both cases of the derivative, a share by its own logit and "
        "by another one, are written as one formula.",
    ),
    "exponential_slopes": (
        "Slopes of the numerators", "∂eᵢ/∂xⱼ",
        "An exponential is its own derivative by its own logit, i = j, and knows nothing of the others: 0 for i ≠ j.",
    ),
    "own_terms": (
        "Quotient rule: slope of the numerator, times the denominator", "∂eᵢ/∂xⱼ·S",
        "The first term above the line. It is there only for i = j: on the diagonal eᵢ·S, elsewhere 0.",
    ),
    "shared_terms": (
        "Quotient rule: the numerator, times the slope of the denominator", "eᵢ·eⱼ",
        "The second term above the line. S is the sum of all exponentials, so its slope by xⱼ is eⱼ, whatever i is: "
        "this term is there in both cases.",
    ),
    "numerators": (
        "Quotient rule: above the line", "",
        "For i = j this is eᵢ·(S − eᵢ), positive: a share grows with its own logit. For i ≠ j it is −eᵢ·eⱼ, negative: "
        "a share shrinks when another logit grows.",
    ),
    "squared_total": (
        "Quotient rule: below the line", "S²",
        "The denominator squared.",
    ),
    "quotients": (
        "The derivative by the quotient rule", "∂y/∂x",
        "Above the line divided by below the line: how fast each share changes with each logit, found with nothing but "
        "the rule for quotients.",
    ),
    "rest": (
        "Delta minus the other share", "(δ−y)",
        "1 − yⱼ on the diagonal, −yⱼ elsewhere: what is left of both cases when eᵢ/S and eⱼ/S are written as shares.",
    ),
    "experiment.jacobian": (
        "The Jacobian of softmax", "J",
        "∂yᵢ/∂xⱼ = yᵢ(δᵢⱼ − yⱼ): the same matrix, with shares alone. It is symmetric, and every row and every column "
        "sums to 0, because the shares always sum to 1: what one gains, the others lose.",
    ),
    "finite.nudges": (
        "A small step for one logit at a time", "hδ",
        "h on the diagonal: column j moves logit j alone, by a hundred-thousandth.",
    ),
    "finite.logits_above": (
        "Logits, one of them a little larger", "x+hδ",
        "Column j holds all logits, with logit j moved up by h.",
    ),
    "finite.logits_below": (
        "Logits, one of them a little smaller", "x−hδ",
        "Column j holds all logits, with logit j moved down by h.",
    ),
    "finite.probabilities_above": (
        "Shares with a logit a little larger", "y⁺",
        "Softmax of each column: the shares after logit j was moved up.",
    ),
    "finite.probabilities_below": (
        "Shares with a logit a little smaller", "y⁻",
        "Softmax of each column: the shares after logit j was moved down.",
    ),
    "finite.changes": (
        "What the small steps changed", "",
        "The shares after the step up minus those after the step down.",
    ),
    "finite.slopes": (
        "The derivative by finite differences", "Δy/Δx",
        "The change of each share divided by the change of the logit, 2h. No rule of calculus enters: softmax was only "
        "run again. That is how any derivative can be checked.",
    ),
    "backward.probabilities": (
        "Softmax as every model here computes it", "y",
        "The same shares by the one operation that turns scores into attention weights in every run.",
    ),
    "backward.jacobian": (
        "The derivative by the walk backwards", "Jᵇ",
        "Row i is what the gradient of share i alone becomes on its way back through softmax: y·(g − Σ g·y), by the "
        "very derivative that training uses.",
    ),
    "check.matrices": (
        "Three ways to the same matrix", "",
        "By the quotient rule, by finite differences and by the walk backwards, side by side.",
    ),
    "check.deviations": (
        "How far each way is from the formula", "",
        "Each of the three minus yᵢ(δᵢⱼ − yⱼ), entry by entry.",
    ),
    "check.sizes": (
        "Size of each deviation", "",
        "Without the sign.",
    ),
    "check.largest_in_row": (
        "Largest deviation of each row", "",
        "The largest over j.",
    ),
    "disagreement": (
        "Largest disagreement", "",
        "One number for each way: how far any entry is from the formula. The exact ways differ by the rounding of the "
        "last digit, finite differences by a little more: a step that is not infinitely small.",
    ),
    "grown.probabilities": (
        "Shares for every multiplier", "y",
        "Softmax of the multiplied logits: the larger the multiplier, the nearer to one-hot.",
    ),
    "grown.rest": (
        "Delta minus the other share, for every multiplier", "(δ−y)",
        "Near one-hot, the row of the winner is close to 0 on the diagonal, and the shares that multiply the other "
        "rows are close to 0 themselves.",
    ),
    "grown.jacobian": (
        "The Jacobian for every multiplier", "J",
        "A matrix for each multiplier. As the shares come near 1 and 0, one factor of every entry comes near 0, and so "
        "does every entry: the gradient stops here, whatever comes after softmax.",
    ),
    "grown.sizes": (
        "Sizes of the entries", "|J|",
        "Without the sign.",
    ),
    "grown.largest_in_row": (
        "Largest entry of each row, for every multiplier", "",
        "The largest over j.",
    ),
    "largest_entry": (
        "Largest entry of the Jacobian", "",
        "The largest slope that is left anywhere in the matrix. No entry can be above 1/4.",
    ),
    "tallies": (
        "What was counted while the pairs were drawn", "",
        "For each width, very many pairs of a query and a key are drawn, every number from the normal distribution "
        "with mean 0 and variance 1, and multiplied. No pair is kept: what is known of them all are these sums, and "
        "how many scores fell into each bin.",
    ),
    "sum": ("Sum of the scores", "Σs", "All scores of a width added up."),
    "experiment.mean": (
        "Mean of the scores", "μ",
        "Positive and negative products cancel, so the mean is near 0 for every width. It is not exactly 0: another "
        "seed would draw other pairs.",
    ),
    "sum_of_squares": ("Sum of the squared scores", "Σs²", "All scores of a width squared and added up."),
    "mean_square": ("Mean of the squared scores", "", "How large the square of a score is on average."),
    "squared_mean": ("The mean, squared", "μ²", "What has to be taken off for the variance; next to nothing here."),
    "experiment.variance": (
        "Variance of the scores", "σ²",
        "How far the scores spread. A score is a sum of dₖ products, each with variance 1, and the variances of "
        "independent numbers add: so q·k has variance dₖ. Divided by √dₖ it has variance 1, whatever the width is. "
        "That is the whole reason for the √dₖ in attention.",
    ),
    "sum_of_fourths": ("Sum of the fourth powers", "Σs⁴", "All scores of a width to the fourth power, added up."),
    "fourth_moment": (
        "Mean of the fourth powers", "μ₄",
        "It says how much the squares themselves spread, and so how exactly a variance is known from so many pairs.",
    ),
    "scaled_theory": ("Variance that theory says of q·k/√dₖ", "dₖ/dₖ", "dₖ divided by the square of √dₖ: 1."),
    "theory": (
        "Variance that theory says", "",
        "dₖ for q·k, and 1 for q·k/√dₖ (Vaswani et al. 2017, footnote 4).",
    ),
    "variance_of_mean": ("Variance of the mean", "σ²/n", "A mean of n numbers spreads n times less than one of them."),
    "mean_error": (
        "Standard error of the mean", "",
        "How far the mean of so many pairs is from the true one, as a rule: in two runs of three no further than this.",
    ),
    "mean_deviation": (
        "The mean's distance from 0, in standard errors", "",
        "Chance alone gives numbers between −2 and 2 most of the time, and hardly ever beyond 4.",
    ),
    "squared_variance": ("The variance, squared", "σ⁴", "What the fourth moment is compared with."),
    "spread_of_squares": ("Variance of the squared scores", "μ₄−σ⁴", "How much the squared scores spread."),
    "variance_of_variance": ("Variance of the variance", "", "Divided by the number of pairs."),
    "variance_error": (
        "Standard error of the variance", "",
        "How far the variance of so many pairs is from the true one, as a rule.",
    ),
    "difference": ("Variance minus theory", "", "What was counted minus what theory says."),
    "variance_deviation": (
        "The variance's distance from theory, in standard errors", "",
        "Chance alone gives numbers between −2 and 2 most of the time. So the counted variance is the one that theory "
        "says, as exactly as so many pairs can tell.",
    ),
    "counts": ("How many scores fell into each bin", "", "Bins are 1 wide; the first and the last are open."),
    "histogram": (
        "Histogram of the scores", "",
        "The share of the scores in each bin. Undivided, the scores of wide queries spread until most of them lie in "
        "the two open bins at the ends; divided by √dₖ, the histogram looks the same for every width.",
    ),
    "entropies": ("Entropies of the rows, added up", "", "Of all rows of softmax together."),
    "entropy": (
        "Mean entropy of softmax", "H",
        "Softmax of rows of scores: how undecided it is, in nats. Evenly spread over n keys it would be ln n, one-hot "
        "it is 0. Without √dₖ it falls as the width grows, though nothing has been learned yet.",
    ),
    "gradients": ("Sizes of the Jacobians, added up", "", "Of all rows of softmax together."),
    "gradient": (
        "Mean size of the gradient of softmax", "|J|",
        "The Frobenius norm of the Jacobian, on average over the rows: how much of a gradient softmax lets through. "
        "Without √dₖ it falls towards 0 as the width grows.",
    ),
    "experiment.v": (
        "Values, the same for every width", "V",
        "What the words say when they are listened to: X times W_V. It does not depend on the width of queries and "
        "keys, so it is computed once.",
    ),
    "weights_gradient": (
        "Gradient of the weights", "∂L/∂A",
        "How the chosen number L changes with each attention weight: what the value of the key is worth to L. It is "
        "the same for every width; all differences arise below it, in softmax and in the scores.",
    ),
    "divided_scores": (
        "Scores, as they are and divided by √dₖ", "QKᵀ/c",
        "The same scores twice: divided by c = 1, that is not at all, and divided by c = √dₖ. From here on both are "
        "computed side by side.",
    ),
    "objective": (
        "The chosen number", "L",
        "The output times fixed random weights R, added up to one number. It stands for whatever follows in a model: "
        "its gradient is what comes back from there.",
    ),
    "back.divided_scores": (
        "Gradient of what enters softmax", "∂L/∂(QKᵀ/c)",
        "The gradient of the weights after it went back through softmax: y·(g − Σ g·y). Where a row is one-hot, "
        "nothing comes through, however large the gradient of the weights is.",
    ),
    "back.scores": (
        "Gradient of the scores", "∂L/∂(QKᵀ)",
        "Back through the division, which is a division again.",
    ),
    "back.q": (
        "Gradient of the queries", "∂L/∂Q",
        "Every query hears from each key, times the gradient of their score. That is all from which W_Q can learn what "
        "to ask for.",
    ),
    "back.k": (
        "Gradient of the keys", "∂L/∂K",
        "Every key hears from each query, times the gradient of their score.",
    ),
    "back.v": (
        "Gradient of the values", "∂L/∂V",
        "This way does not lead through softmax: each value gets what its weights let through, one-hot or not.",
    ),
    "x_through_q": ("Gradient of the embeddings by way of the queries", "∂L/∂X by Q", "Times W_Qᵀ."),
    "x_through_k": ("Gradient of the embeddings by way of the keys", "∂L/∂X by K", "Times W_Kᵀ."),
    "x_through_v": (
        "Gradient of the embeddings by way of the values", "∂L/∂X by V",
        "Times W_Vᵀ. What comes this way stays when softmax is saturated: a word learns what to say, but nobody learns "
        "where to look.",
    ),
    "back.x": (
        "Gradient of the embeddings", "∂L/∂X",
        "An embedding is read three times, as a query, as a key and as a value, so three gradients add up.",
    ),
    "lengths_of_q": ("Length of each query's gradient", "|∂L/∂q|", "The root of the sum of squares along dₖ."),
    "median_of_q": (
        "The middle query's gradient", "med|∂L/∂q|", "Half of the queries have a longer gradient, half have not."
    ),
    "norm_of_q": ("Norm of the gradient of Q", "|∂L/∂Q|", "The root of the sum of squares of all its numbers."),
    "lengths_of_k": ("Length of each key's gradient", "|∂L/∂k|", "The root of the sum of squares along dₖ."),
    "median_of_k": (
        "The middle key's gradient", "med|∂L/∂k|", "Half of the keys have a longer gradient, half have not."
    ),
    "norm_of_k": ("Norm of the gradient of K", "|∂L/∂K|", "The root of the sum of squares of all its numbers."),
    "lengths_of_x": (
        "Length of each embedding's gradient", "|∂L/∂x|", "The root of the sum of squares along d_model."
    ),
    "median_of_x": (
        "The middle embedding's gradient", "med|∂L/∂x|", "Half of the words have a longer gradient, half have not."
    ),
    "norm_of_x": ("Norm of the gradient of X", "|∂L/∂X|", "The root of the sum of squares of all its numbers."),
    "each_query": (
        "Length of each query's gradient, for every width", "",
        "Without √dₖ most rows of softmax saturate, and the gradients of their queries vanish. A row in which the two "
        "best scores happen to be close is not saturated, and its gradient is large, because wide keys are long. "
        "Nothing or too much: with √dₖ all of them stay in one range.",
    ),
    "query_medians": (
        "Gradient of the middle query", "",
        "Half of the queries get more, half get less. With √dₖ it is the same for every width; without, it vanishes as "
        "softmax saturates.",
    ),
    "query_norms": (
        "Norm of the gradient that reaches Q", "",
        "All queries together. It says less than the middle one: where most queries get nothing, the few that get too "
        "much decide the norm, and it jumps up and down.",
    ),
    "key_medians": (
        "Gradient of the middle key", "",
        "A key hears from every query, so some that is not saturated is soon among them: it vanishes later.",
    ),
    "key_norms": ("Norm of the gradient that reaches K", "", "All keys together."),
    "embedding_medians": (
        "Gradient of the middle embedding", "",
        "It does not vanish even without √dₖ, because what comes by way of the values does not lead through softmax. "
        "A saturated head still learns what to say, and no longer where to look.",
    ),
    "embedding_norms": ("Norm of the gradient that reaches the embeddings", "", "All embeddings together."),
}  # fmt: skip
"""Words of the steps of experiments: title, symbol, explanation."""
