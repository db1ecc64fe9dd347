"""Examples in the help: what people type. Each is run by a test."""

from __future__ import annotations

_WEIGHTS = "encoder.layers.0.self_attention.weights"

EXAMPLES = {
    "run": (
        "attn-explore run i-love-my-dog",
        "attn-explore run encoder-layer --step encoder.layers.0.ffn.hidden",
        "attn-explore run my.yaml --plain | less",
        "attn-explore run translate --moment 120",
        "attn-explore run i-love-my-dog --text 'the cat sat'",
        "attn-explore run translate --as q4_1",
    ),
    "compare": (
        "attn-explore compare i-love-my-dog single-head",
        f"attn-explore compare my.yaml trace.json --step {_WEIGHTS}",
        "attn-explore compare wide wide --text 'a cat sat' --second-text 'a dog sat'",
        "attn-explore compare my.yaml trace.json --gradients --of 'encoder.layers.0.ffn.norm[dog,0]'",
    ),
    "gallery": (
        "attn-explore gallery",
        "attn-explore gallery --text 'the cat sat'",
        "attn-explore gallery multi-head --at 'weights[1,quick,dog]'",
    ),
    "tokens": (
        "attn-explore tokens i-love-my-dog",
        "attn-explore tokens translate --text 'my dog' --json",
    ),
    "lens": (
        "attn-explore lens names",
        "attn-explore lens translate --token 狗 --json",
        "attn-explore lens induction-head --heads --csv",
    ),
    "attribute": (
        "attn-explore attribute names",
        "attn-explore attribute translate --token 狗 --against 貓 --after 我的",
        "attn-explore attribute induction-head --open 1.0",
    ),
    "words": (
        "attn-explore words sentiment",
        "attn-explore words translate --token 狗 --after 我的 --of probability",
        "attn-explore words names --steps 128 --json",
    ),
    "heads": (
        "attn-explore heads induction-head",
        "attn-explore heads multi-head --sort previous",
        "attn-explore heads translate --score first --json",
    ),
    "neurons": (
        "attn-explore neurons encoder-layer --token dog",
        "attn-explore neurons translate --at decoder.layers.0 --json",
    ),
    "why": (
        "attn-explore why induction-head 'decoder.layers.1.self_attention.weights[7, a]'",
        "attn-explore why multi-head 'weights[1, quick, dog]' --by columns",
    ),
    "bits": (
        "attn-explore bits translate 'head.w[0, 狗]'",
        "attn-explore bits i-love-my-dog 'weights[love, dog]' --json",
        "attn-explore bits translate 'head.w[0, 狗]' --as q8_0",
    ),
    "rounding": (
        "attn-explore rounding translate",
        "attn-explore rounding names --as int8 --json",
    ),
    "patch": (
        "attn-explore patch names",
        "attn-explore patch induction-head --with 'c h j l k e d h' --of heads",
        "attn-explore patch names --of attention --token e --against a --json",
    ),
    "cache": (
        "attn-explore cache names",
        "attn-explore cache translate --json",
    ),
    "generate": (
        "attn-explore generate names",
        "attn-explore generate names --temperature 0.8 --top-p 0.9 --seed 7",
        "attn-explore generate names --instead 0=a --json",
    ),
    "list": ("attn-explore list", "attn-explore list --json"),
    "models": ("attn-explore models", "attn-explore models --json"),
    "show": (
        f"attn-explore show i-love-my-dog {_WEIGHTS}",
        f"attn-explore show i-love-my-dog {_WEIGHTS} --csv",
        "attn-explore show encoder-layer grad.encoder.embedding --of 'encoder.layers.0.ffn.norm[dog,0]'",
    ),
    "map": (
        "attn-explore map translate",
        f"attn-explore map encoder-layer --step {_WEIGHTS}",
    ),
    "plot": (
        f"attn-explore plot multi-head {_WEIGHTS} -o weights.svg",
        f"attn-explore plot i-love-my-dog '{_WEIGHTS}[love]'",
        "attn-explore plot translate experiment.loss",
        "attn-explore plot encoder-layer saliency -o saliency.png",
        "attn-explore plot i-love-my-dog weights --kind sheet -o sheet.pdf --size 280mm",
        "attn-explore plot translate map -o map.svg",
        "attn-explore plot multi-head weights --kind lines --head 1 -o lines.png --title 'Who looks at whom'",
    ),
    "explain": (
        f"attn-explore explain i-love-my-dog '{_WEIGHTS}[love,dog]'",
        "attn-explore explain i-love-my-dog 'encoder.layers.0.self_attention.scores[I,dog]' --depth 2",
    ),
    "handout": (
        "attn-explore handout i-love-my-dog -o lesson.html",
        "attn-explore handout i-love-my-dog --questions -o questions.md",
        "attn-explore handout i-love-my-dog --blank scores --blank weights --seed 5 -o by-hand.tex",
    ),
    "serve": (
        "attn-explore serve",
        "attn-explore serve i-love-my-dog my.yaml --host 0.0.0.0 --token",
        "attn-explore serve --visitors 60 --memory 200MB --idle 10min",
    ),
    "export": (
        "attn-explore export i-love-my-dog -o trace.json",
        "attn-explore export encoder-layer --gradients -o trace.npz",
        "attn-explore export i-love-my-dog -o - | head -c 300",
    ),
    "train": (
        "attn-explore train reverse -o weights.safetensors",
        "attn-explore train reverse -o weights.safetensors --resume",
    ),
    "check": (
        "attn-explore check my.yaml",
        "attn-explore check *.yaml trace.json models/gpt2",
        "attn-explore check models/gpt2 --against hidden_states.safetensors --ids 464,3139",
    ),
    "marks": (
        "attn-explore marks answers.jsonl",
        "attn-explore marks answers.jsonl --csv > marks.csv",
    ),
    "new": ("attn-explore new my.yaml", "attn-explore new --lesson my.yaml --force"),
    "schema": (
        "attn-explore schema scenario > scenario.schema.json",
        "attn-explore schema trace | less",
    ),
    "doctor": ("attn-explore doctor", "attn-explore doctor --json > report.json"),
}
"""What may be typed, by command."""


def epilog(examples: tuple[str, ...]) -> str:
    """Examples as they stand at the end of a help text, a line each."""
    return "\n".join(("\b", "Examples:", *(f"  {example}" for example in examples), ""))


ALL = epilog(("attn-explore", *(examples[0] for examples in EXAMPLES.values())))
"""One of each command."""
