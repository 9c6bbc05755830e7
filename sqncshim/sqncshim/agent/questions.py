"""What the engine asks that is answered at once: about files, and changes to them."""

from __future__ import annotations

import os

from sqncshim.agent import files, users
from sqncshim.agent.protocol import MAX_PAYLOAD_BYTES, ProtocolError, number, pack, pack_texts, unpack_texts

TYPE_CHECKING = False  # `typing` costs the agent's start 4 ms
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final


def answer(payload: bytes) -> bytes:
    """Return DONE's payload for ASK's; raise OSError or UnknownUser where it cannot be done."""
    question, *words = unpack_texts(payload) or [""]
    if question not in QUESTIONS:
        raise ProtocolError(f"an unknown question {question!r}")
    act, least = QUESTIONS[question]
    if len(words) < least:
        raise ProtocolError(f"{question} needs {least} words, got {len(words)}")
    return act(words)


def _which(words: list[str]) -> bytes:
    path, *names = words
    return pack_texts([files.find_program(name, path) for name in names])


def _exists(words: list[str]) -> bytes:
    return pack_texts(["1" if os.path.lexists(path) else "" for path in words])


def _read(words: list[str]) -> bytes:
    content = files.read(words[0], MAX_PAYLOAD_BYTES - 64)
    return pack([] if content is None else [content])


def _remove(words: list[str]) -> bytes:
    for path in words:
        files.remove(path)
    return pack([])


def _make_folders(words: list[str]) -> bytes:
    mode, user, *paths = words
    owner = users.resolve(user) if user else None
    for path in paths:
        files.make_folders(path, owner, number(mode.encode()))
    return pack([])


QUESTIONS: Final[dict[str, tuple[Callable[[list[str]], bytes], int]]] = {
    "which": (_which, 1),
    "exists": (_exists, 0),
    "read": (_read, 1),
    "remove": (_remove, 0),
    "make-folders": (_make_folders, 2),
}
"""What answers each question, and how many words it needs at least."""
