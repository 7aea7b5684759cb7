"""Where the answers of a review come from: single keys of a terminal, or lines of a pipe."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keyboard:
    """key: waits for one key, "" at the end of the input or when the person breaks off. line: asks for a text."""

    key: Callable[[], str]
    line: Callable[[str], str]


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Standard input as a keyboard. Of a pipe each line is one key, its first letter, or one text.

    A terminal is given back as it was, whatever happens."""
    if not sys.stdin.isatty():
        yield Keyboard(_piped_key, _piped_line)
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def key() -> str:
        try:
            pressed = os.read(terminal, 1).decode("ascii", "replace")
        except (KeyboardInterrupt, OSError):
            return ""
        if pressed == "\x1b":
            # An arrow or function key sends several bytes: none of them is an answer.
            while select.select([terminal], [], [], 0.02)[0] and os.read(terminal, 16):
                pass
        return pressed.lower()

    def line(question: str) -> str:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        try:
            with suppress(EOFError, KeyboardInterrupt):
                return input(question)
            return ""
        finally:
            tty.setcbreak(terminal, termios.TCSADRAIN)

    try:
        tty.setcbreak(terminal, termios.TCSADRAIN)
        yield Keyboard(key, line)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _piped_key() -> str:
    for said in sys.stdin:
        if said.strip():
            return said.strip()[0].lower()
    return ""


def _piped_line(question: str) -> str:
    return sys.stdin.readline().strip()
