"""The watcher: a small process that outlives the engine and removes what the engine could not.

    with watch(run, runtime, cache=cache) as folder:   # before the first thing is made
        …                                              # runtime.create_volume(run, …), runtime.start(…)
        runtime.prune(run)

`watch` starts a process in its own session, which holds a pipe from the engine, and makes the run's folder
(`sqnc.runfolder`). Leaving the block removes the folder and says "done" on the pipe. When the block
is left by an exception, or the pipe closes because the engine is gone, the watcher prunes the run and removes
its folder (`sqnc.sweep.clean`); where it cannot (the container engine is away), the folder stays for the next
start's sweep.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from sqnc.runfolder import Owner, RunFolder, run_folder
from sqnc.watcher_process import DONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqnc.runtimes import Runtime

_PROGRAM: Final = (sys.executable, "-I", "-S", str(Path(__file__).with_name("watcher_process.py")))
# A shell waits as well as an interpreter, and is there 7 ms sooner; on two cores these are the engine's.
_WAIT: Final = 'trap "" INT HUP; read -r order; read -r word; [ "$word" = done ] || exec "$@" "$order"'
_SHELL: Final = "/bin/sh"
_OF_OTHER_SHELLS: Final = ("SHELLOPTS", "BASH_FUNC_")  # what bash takes from a shell that exported its own


@contextmanager
def watch(run: str, runtime: Runtime, *, cache: Path) -> Iterator[Path]:
    """Keep the run watched for the time of the block; give its folder. *run* must be new: a random id."""
    with start_cleaner(run_folder(cache, run)) as pipe:
        folder = RunFolder.create(cache, Owner(run, runtime.name, runtime.address))
        try:
            yield folder.path
        except BaseException:
            folder.release()  # the watcher does the rest
            raise
        folder.remove()
        with suppress(BrokenPipeError):  # somebody ended the watcher; there is nothing left for it to do
            pipe.write(DONE)


def start_cleaner(folder: Path) -> IO[bytes]:
    """Start a process that cleans *folder*'s run when the returned pipe closes without a "done"."""
    process = _started(folder.absolute().anchor)
    process.returncode = 0  # it is to outlive this process: nobody waits for it
    pipe = process.stdin
    assert pipe is not None
    order = {"folder": str(folder.absolute()), "path": [str(Path(entry).absolute()) for entry in sys.path]}
    pipe.write(json.dumps(order).encode() + b"\n")
    return pipe


def _started(cwd: str) -> subprocess.Popen[bytes]:
    if sys.platform != "win32":
        environment = {name: os.environ[name] for name in os.environ if not name.startswith(_OF_OTHER_SHELLS)}
        with suppress(OSError):  # there are systems without a shell
            return _popen((_SHELL, "-c", _WAIT, "sqnc-watcher", *_PROGRAM), cwd, environment)
    return _popen(_PROGRAM, cwd, None)


def _popen(
    program: Sequence[str], cwd: str, environment: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        program,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=cwd,
        env=environment,
        start_new_session=True,
        bufsize=0,
    )
