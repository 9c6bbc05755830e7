"""Masking: no secret, in any form that a program is likely to print it in, gets past `Masker`.

`SecretSet` holds the secrets of a job, and each output stream has a `Masker` of its own. Both work on bytes.
"""

from __future__ import annotations

from bisect import bisect_right
from threading import Lock
from typing import TYPE_CHECKING, Final

from actions_compat.secret_forms import secret_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import ahocorasick_rs

MASK: Final = b"***"

# Above this many bytes of patterns the deterministic automaton is too large and too slow to build.
_DFA_LIMIT_BYTES: Final = 128 * 1024
# How many bytes of a pattern the search for unfinished secrets at a chunk's end looks for.
_HEAD_BYTES: Final = 4


class SecretSet:
    """The secrets that all streams of a job share. Adding one takes effect with each stream's next chunk.

    Any thread may add, and any may ask for the index.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = Lock()
        self._forms: frozenset[bytes] = frozenset()
        # what an index was built of goes with it: forms that come meanwhile make it an old one
        self._built: tuple[frozenset[bytes], _PatternIndex | None] = (self._forms, None)
        for secret in secrets:
            self.add(secret)

    def __len__(self) -> int:
        """Return how many distinct byte strings are masked: each secret has several forms."""
        return len(self._forms)

    def add(self, secret: str) -> None:
        """Mask *secret*, each of its lines, and their derived forms. A blank one is ignored."""
        forms = secret_forms(secret)
        with self._lock:
            if not forms <= self._forms:
                self._forms |= forms

    def index(self) -> _PatternIndex | None:
        """Return the search structure for the secrets so far, built when first needed; None without any."""
        forms, index = self._built
        if forms is not self._forms:
            forms = self._forms
            index = _PatternIndex(sorted(forms))
            self._built = forms, index
        return index


class Masker:
    """Mask one stream. The concatenated output is the same at any chunk boundary.

    Matches that overlap or touch become one `***`. Only what may be the start of a secret is held back; call
    `flush` when the stream is idle (a prompt must appear) and at its end.
    """

    def __init__(self, secrets: SecretSet | Iterable[str] = ()) -> None:
        self.secrets = secrets if isinstance(secrets, SecretSet) else SecretSet(secrets)
        self._held = b""
        # how much of the start of what is held lies in a match that was already written as `***`
        self._covered = 0
        # whether the last byte taken lay in a match: one that touches it belongs to the same `***`
        self._open = False

    def add(self, secret: str) -> None:
        """Mask *secret* from the next chunk on, in all streams that share the set."""
        self.secrets.add(secret)

    def feed(self, data: bytes) -> bytes:
        """Return what can be given out with *data*, masked."""
        index = self.secrets.index()
        if index is None or not data:
            return data
        text = self._held + data if self._held else data
        return self._take(text, len(text) - index.unfinished(text), index)

    def flush(self) -> bytes:
        """Give out what is held back, taking it as complete. What follows is matched afresh."""
        index = self.secrets.index()
        text = self._held
        return self._take(text, len(text), index) if index is not None else b""

    def mask(self, text: str) -> str:
        """Mask one whole text (a name, a message), independent of the stream."""
        index = self.secrets.index()
        if index is None:
            return text
        masked = Masker(self.secrets)
        data = text.encode("utf-8", "surrogatepass")
        return masked._take(data, len(data), index).decode("utf-8", "surrogatepass")

    def _take(self, text: bytes, end: int, index: _PatternIndex) -> bytes:
        """Write text[:end] and hold back the rest."""
        pieces = []
        position, is_open = self._covered, self._open
        covered = 0
        for start, stop in index.covered(text, self._covered):
            if start >= end:
                break
            if start > position:
                pieces.append(text[position:start])
            if start > position or not is_open:
                pieces.append(MASK)
            position, is_open = stop, True
        if position < end:
            pieces.append(text[position:end])
            is_open = False
        else:
            covered = position - end
        self._open, self._covered = is_open, covered
        self._held = text[end:]
        return b"".join(pieces)


class _PatternIndex:
    """Finds every occurrence of sorted patterns, and what a text's end may be the beginning of."""

    def __init__(self, patterns: list[bytes]) -> None:
        self._patterns = patterns
        self._longest = max(map(len, patterns))
        self._parents = _parents(patterns)
        self._automaton = _automaton(patterns)
        heads = {pattern[:_HEAD_BYTES] for pattern in patterns if len(pattern) > _HEAD_BYTES}
        self._heads = _automaton(sorted(heads), overlapping=True) if heads else None
        self._borders: dict[int, tuple[int, ...]] = {}

    def covered(self, text: bytes, already: int = 0) -> Iterator[tuple[int, int]]:
        """Yield where the bytes lie that any occurrence covers: merged, in order, never touching.

        The first *already* bytes count as covered. The automaton reports only the longest match at the
        leftmost place, and goes on behind it; all matches would be quadratic for nested secrets. What that
        leaves out can only begin inside a reported match and end behind it.
        """
        start, stop = 0, already
        for pattern, begin, end in self._automaton.find_matches_as_indexes(text):
            if begin > stop:
                if stop > start:
                    yield start, stop
                start = begin
            stop = max(stop, end, self._straddling(text, pattern, end))
        if stop > start:
            yield start, stop

    def unfinished(self, text: bytes) -> int:
        """Return the length of the longest end of *text* that is the beginning of a longer pattern."""
        window = text[max(0, len(text) - self._longest + 1) :]
        if self._heads is not None:
            for _, begin, _ in self._heads.find_matches_as_indexes(window, overlapping=True):
                if self._is_prefix(window[begin:]):
                    return len(window) - begin
        for length in range(min(_HEAD_BYTES - 1, len(window)), 0, -1):
            if self._is_prefix(window[-length:]):
                return length
        return 0

    def _is_prefix(self, text: bytes) -> bool:
        """Say whether some pattern begins with *text* and goes on."""
        place = bisect_right(self._patterns, text)
        return place < len(self._patterns) and self._patterns[place].startswith(text)

    def _straddling(self, text: bytes, pattern: int, end: int) -> int:
        """Return how far occurrences reach that begin inside the match of *pattern* ending at *end*."""
        borders = self._borders.get(pattern)
        if borders is None:
            borders = self._borders[pattern] = self._find_borders(self._patterns[pattern])
        return max((end - length + self._longest_at(text, end - length) for length in borders), default=0)

    def _find_borders(self, pattern: bytes) -> tuple[int, ...]:
        """Return the lengths of *pattern*'s proper ends that another occurrence may begin with."""
        return tuple(length for length in range(1, len(pattern)) if self._is_prefix(pattern[-length:]))

    def _longest_at(self, text: bytes, position: int) -> int:
        """Return the length of the longest pattern that lies at *position*, or 0."""
        window = text[position : position + self._longest]
        place = bisect_right(self._patterns, window) - 1
        while place >= 0 and not window.startswith(self._patterns[place]):
            place = self._parents[place]
        return len(self._patterns[place]) if place >= 0 else 0


def _parents(patterns: list[bytes]) -> list[int]:
    """Return, for each sorted pattern, the place of the longest other pattern it begins with, or -1."""
    parents: list[int] = []
    for place, pattern in enumerate(patterns):
        parent = place - 1
        while parent >= 0 and not pattern.startswith(patterns[parent]):
            parent = parents[parent]
        parents.append(parent)
    return parents


def _automaton(patterns: list[bytes], *, overlapping: bool = False) -> ahocorasick_rs.BytesAhoCorasick:
    from ahocorasick_rs import (  # noqa: PLC0415  (only a run with secrets pays for it)
        BytesAhoCorasick,
        Implementation,
        MatchKind,
    )

    is_small = sum(map(len, patterns)) <= _DFA_LIMIT_BYTES
    return BytesAhoCorasick(
        patterns,
        matchkind=MatchKind.Standard if overlapping else MatchKind.LeftmostLongest,
        implementation=Implementation.DFA if is_small else Implementation.ContiguousNFA,
    )
