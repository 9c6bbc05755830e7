"""Who may write where: standard output is the answer's alone, and standard error shows no secret.

`capture` keeps the real standard output for the answer, and lets descriptor 1 write to standard error:
whatever a subprocess, a C library or an import prints cannot spoil the answer. With the first secret,
descriptors 1 and 2 become a pipe whose reader masks.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from threading import Thread

    from actions_compat.masking import SecretSet

_CHUNK: Final = 65536
_IDLE_S: Final = 0.05
_DRAIN_S: Final = 1.0


class _Masking:
    """The pipe behind descriptors 1 and 2, and the thread that reads it."""

    def __init__(self) -> None:
        from threading import Thread  # noqa: PLC0415  (only where there are secrets)

        from actions_compat.masking import SecretSet  # noqa: PLC0415  (as above)

        self.secrets: SecretSet = SecretSet()
        self._error = os.dup(2)
        reader, writer = os.pipe()
        _point_outputs_to(writer)
        os.close(writer)
        self._thread: Thread = Thread(target=_pump, args=(reader, self._error, self.secrets), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the descriptors back; what is on its way is shown first, unless a process holds on to it."""
        _point_outputs_to(self._error)
        self._thread.join(_DRAIN_S)


_masking: _Masking | None = None


def capture() -> int:
    """Point descriptor 1 to standard error; return a new one, which no subprocess gets, for the answer.

    Masking ends with the process, after its threads and what it does at exit: all of them may still write.
    """
    answer = os.dup(1)
    os.dup2(2, 1)
    atexit.register(release)
    return answer


def hide(*secrets: str) -> None:
    """Mask *secrets* from now on, also those that the request did not hold: a token that a login gave."""
    global _masking  # noqa: PLW0603  (a process has one standard error)
    if not any(secrets):
        return
    if _masking is None:
        _flush()
        _masking = _Masking()
    for secret in secrets:
        _masking.secrets.add(secret)


def masked(text: str) -> str:
    """*text* as it may be shown."""
    if _masking is None:
        return text
    from actions_compat.masking import Masker  # noqa: PLC0415  (only where there are secrets)

    return Masker(_masking.secrets).mask(text)


def say(*lines: str) -> None:
    """Write lines to standard error, where people read them."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def release() -> None:
    """Write out what is buffered, and end the masking."""
    global _masking  # noqa: PLW0603  (as above)
    _flush()
    if _masking is not None:
        _masking.close()
        _masking = None


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of *data*; raise OSError when nobody reads it."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _pump(reader: int, error: int, secrets: SecretSet) -> None:
    from select import select  # noqa: PLC0415  (only where there are secrets)

    from actions_compat.masking import Masker  # noqa: PLC0415  (as above)

    masker = Masker(secrets)
    while True:
        ready = select([reader], [], [], _IDLE_S)[0]
        data = os.read(reader, _CHUNK) if ready else b""
        shown = masker.feed(data) if data else masker.flush()
        try:
            write_all(error, shown)
        except OSError:  # nobody reads: go on, so that no process waits for us
            error = os.open(os.devnull, os.O_WRONLY)
        if ready and not data:
            return


def _point_outputs_to(descriptor: int) -> None:
    for output in (1, 2):
        os.dup2(descriptor, output)


def _flush() -> None:
    streams: Iterable[object] = (sys.stdout, sys.stderr)
    for stream in streams:
        if stream is not None and hasattr(stream, "flush"):
            try:
                stream.flush()
            except (OSError, ValueError):  # closed by the type's code: nothing is left to show
                continue
