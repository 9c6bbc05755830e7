"""The watcher's process: waits for the engine's end, and cleans up after one that said no "done".

Run by path, with the standard library alone and little of that: it starts beside the run's agent, and what it
imports would hold that up. Sequence is imported only when there is something to do.
"""

import os
import signal
import sys

DONE = b"done\n"


def main() -> None:
    """Read one line of JSON, then `DONE` or the end, from standard input."""
    for interrupt in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
        signal.signal(interrupt, signal.SIG_IGN)
    received = b""
    while chunk := os.read(0, 65536):
        received += chunk
    line, _, rest = received.partition(b"\n")
    if rest == DONE:
        os._exit(0)  # an interpreter that tidies up takes longer than all this
    clean(line)


def clean(order: bytes) -> None:
    """Clean the run of the folder that *order* names, found on the path that it names too."""
    import json  # noqa: PLC0415 -- see the module's docstring
    from pathlib import Path  # noqa: PLC0415 -- as above

    given = json.loads(order)
    sys.path[:] = given["path"]
    from sqnc.sweep import clean  # noqa: PLC0415 -- only now is it needed, and only now can it be found

    clean(Path(given["folder"]), wait=True)


if __name__ == "__main__":
    main()
