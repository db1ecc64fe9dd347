"""Themes of our own beside Textual's: black and white, with nothing between that would have to be made out."""

from __future__ import annotations

from textual.theme import Theme

HIGH_CONTRAST = (
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
        warning="#ffd700",
        error="#ff6060",
    ),
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
)
"""For bright rooms, projectors and tired eyes."""
