"""Why a visit ended: the code with which its page is closed, and the plain words that the page shows."""

from __future__ import annotations

import signal
from typing import NamedTuple

from attn_explore.model.problems import CANNOT_BE_USED


class Ending(NamedTuple):
    """A code of those that are free for programs (RFC 6455, 7.4.2), and at most 123 bytes of words."""

    code: int
    words: str


OUT_OF_MEMORY = 71
"""The status with which the process of a visitor ends when it may not have more memory."""

LEFT = Ending(4000, "You have left.")
FULL = Ending(4001, "All places are taken. Try again when somebody has left.")
IDLE = Ending(4002, "Nobody pressed a key for a long time, so the place was given up.")
MEMORY = Ending(4003, "This took more memory than a visitor may have. Choose something smaller.")
TIME = Ending(4004, "The computing time that a visitor may have is used up.")
ELSEWHERE = Ending(4005, "This visit goes on in another window.")
NOT_UNDERSTOOD = Ending(4006, "The page sent something that the server does not understand.")
UNUSABLE = Ending(4007, "What was to be opened cannot be used. Whoever runs the server can see why.")
FAULT = Ending(4008, "The program ended because of a fault of its own. Whoever runs the server can see which.")
STOPPED = Ending(4009, "The server was stopped.")


def ending_of(status: int | None) -> Ending:
    """Why a process ended, from its exit status, or the signal that ended it, as a negative number."""
    if status == 0:
        return LEFT
    return {CANNOT_BE_USED: UNUSABLE, OUT_OF_MEMORY: MEMORY, -signal.SIGXCPU: TIME}.get(status or 0, FAULT)
