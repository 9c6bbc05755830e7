"""The watcher's process: waits for the engine's end, and cleans up after one that said no "done".

Run by path, with the standard library alone. Where a shell has waited already, an argument says what to
clean.
"""

import os
import signal
import sys

DONE = b"done\n"


def main() -> None:
    """Clean what the argument says; without one, read that line and then `DONE` or the end."""
    if len(sys.argv) > 1:
        clean(os.fsencode(sys.argv[1]))
        return
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
