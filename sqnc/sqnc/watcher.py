"""The watcher: a small process that outlives the engine and removes what the engine could not.

    with watch(run, runtime, cache=cache) as folder:   # before the first thing is made
        …                                              # runtime.create_volume(run, …), runtime.start(…)
        runtime.prune(run)

`watch` makes the run's folder (`sqnc.runfolder`) and starts this file as a process in its own session, which
holds a pipe from the engine. Leaving the block removes the folder and says "done" on the pipe. When the block
is left by an exception, or the pipe closes because the engine is gone, the watcher prunes the run and removes
its folder (`sqnc.sweep.clean`); where it cannot (the container engine is away), the folder stays for the next
start's sweep.

The process starts with the standard library alone, and imports sequence only when there is something to do.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqnc.runtimes import Runtime

_DONE: Final = b"done\n"


@contextmanager
def watch(run: str, runtime: "Runtime", *, cache: Path) -> Iterator[Path]:
    """Keep the run watched for the time of the block; give its folder. *run* must be new: a random id."""
    from sqnc.runfolder import Owner, RunFolder  # noqa: PLC0415 -- this file also runs alone

    folder = RunFolder.create(cache, Owner(run, runtime.name, runtime.address))
    try:
        pipe = start_cleaner(folder.path)
    except OSError:
        folder.remove()
        raise
    with pipe:
        try:
            yield folder.path
        except BaseException:
            folder.release()  # the watcher does the rest
            raise
        folder.remove()
        with suppress(BrokenPipeError):  # somebody ended the watcher; there is nothing left for it to do
            pipe.write(_DONE)


def start_cleaner(folder: Path) -> IO[bytes]:
    """Start a process that cleans *folder*'s run when the returned pipe closes without a "done"."""
    arguments = [sys.executable, "-I", "-S", __file__]
    process = subprocess.Popen(
        arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder.anchor,
        start_new_session=True,
        bufsize=0,
    )
    process.returncode = 0  # it is to outlive this process: nobody waits for it
    pipe = process.stdin
    assert pipe is not None
    order = {"folder": str(folder.absolute()), "path": [str(Path(entry).absolute()) for entry in sys.path]}
    pipe.write(json.dumps(order).encode() + b"\n")
    return pipe


def _main() -> None:
    """Be the watcher: one line of JSON on standard input, then "done" or the end."""
    for interrupt in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
        signal.signal(interrupt, signal.SIG_IGN)
    received = b""
    while chunk := os.read(0, 65536):
        received += chunk
    line, _, rest = received.partition(b"\n")
    if rest == _DONE:
        return
    order = json.loads(line)
    sys.path[:] = order["path"]
    from sqnc.sweep import clean  # noqa: PLC0415 -- only now is it needed, and only now can it be found

    clean(Path(order["folder"]), wait=True)


if __name__ == "__main__":
    _main()
