"""Programs that stand for others: each runs the real one and records, or it replays.

with stand_ins(["git"], file, record=False) as path:
    …                      # a type that runs with `path` as its PATH
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from threading import Thread
from typing import Final

from sqnc_resources.conform.recordings import stand_in
from sqnc_resources.conform.recordings.recording import Json, Recording, RecordingError

_SOCKET: Final = "socket"


@contextmanager
def stand_ins(
    programs: Sequence[str],
    file: Path,
    *,
    record: bool,
    secrets: Sequence[str] = (),
    places: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Give a PATH on which *programs* are stand-ins, and all else is as it was. Raise RecordingError.

    Runs are told apart by arguments and standard input; answers are outputs and exit status. What a program
    does to files is not recorded. *places*, such as a temporary folder, may differ from run to run.
    """
    recording = Recording(file, secrets, dict(places or {}))
    if not record:
        recording.read()
    with tempfile.TemporaryDirectory(prefix="sqnc-programs-") as folder:
        scratch = Path(folder)
        for name in programs:
            _write_program(scratch, name, real=_find(name) if record else "")
        with _serving(scratch / _SOCKET, recording):
            yield f"{scratch}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if record:
        recording.write()
    recording.demand_all_found()


def _find(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RecordingError(f"{name}: there is no such program to record")
    return found


def _write_program(folder: Path, name: str, *, real: str) -> None:
    words = [sys.executable, "-ISB", stand_in.__file__, str(folder / _SOCKET), name, real]
    (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    (folder / name).chmod(0o755)


@contextmanager
def _serving(path: Path, recording: Recording) -> Iterator[None]:
    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            told = json.loads(self.rfile.readline())
            answer = _answer(recording, told["request"], told["result"])
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    with ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _answer(
    recording: Recording, request: Mapping[str, Json], result: Mapping[str, Json] | None
) -> Mapping[str, Json]:
    if result is not None:
        recording.add(request, result)
        return result
    words = " ".join([str(request["program"]), *map(str, request["arguments"])])  # type: ignore[arg-type]  # a list
    missing = f"{recording.file} does not hold `{words}`\n"
    return recording.find(request) or {"status": stand_in.PROBLEM, "stdout": "", "stderr": missing}
