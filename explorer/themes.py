"""Themes of our own beside Textual's: black and white, with nothing between that would have to be made out."""

from __future__ import annotations

from dataclasses import replace

from textual.theme import Theme


def _pure(theme: Theme, faintest: str) -> Theme:
    """The theme with letters, rules and scroll bars in colours of its own, where those of another theme are mixed.

    `faintest` is the colour of what stands back.
    """
    kinds = ("primary", "secondary", "accent", "success", "warning", "error")
    variables = {
        **{f"text-{kind}": getattr(theme, kind) for kind in kinds},
        "rule": faintest,
        "scrollbar": faintest,
        "scrollbar-hover": theme.primary,
    }
    return replace(theme, variables=variables)


HIGH_CONTRAST = (
    _pure(
        Theme(
            name="high-contrast",
            dark=True,
            primary="#ffd700",
            secondary="#00ffff",
            accent="#ffd700",
            foreground="#ffffff",
            background="#000000",
            surface="#000000",
            panel="#303030",
            boost="#000000",
            success="#00ff00",
            warning="#ffa040",
            error="#ff6060",
        ),
        faintest="#909090",
    ),
    _pure(
        Theme(
            name="high-contrast-light",
            dark=False,
            primary="#0000c0",
            secondary="#005050",
            accent="#800000",
            foreground="#000000",
            background="#ffffff",
            surface="#ffffff",
            panel="#d8d8d8",
            boost="#ffffff",
            success="#006000",
            warning="#704000",
            error="#a00000",
        ),
        faintest="#606060",
    ),
)
"""For bright rooms, projectors and tired eyes."""
