"""What goes wrong around a resource type: SIGTERM in the middle, and a disk that is full."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from tests.resources.conftest import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_LIMITED = """\
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from sqncshim.entry import main
sys.exit(main())
"""


def interrupted(
    role: str, kind: str, request: object, folder: Path, *, when: Callable[[], Any], limit_s: float = 20
) -> Answer:
    """Run `sqncshim resource ROLE KIND FOLDER`, and end it with SIGTERM as soon as *when* is true."""
    with subprocess.Popen(
        [sys.executable, "-m", "sqncshim", "resource", role, kind, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(request))
        process.stdin.close()
        process.stdin = None  # else communicate flushes it again
        deadline = time.monotonic() + limit_s
        while not when() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=limit_s)
    return Answer(process.returncode, out, err)


def on_a_full_disk(role: str, kind: str, request: object, folder: Path, *, room_bytes: int) -> Answer:
    """Run `sqncshim resource ROLE KIND FOLDER` where no file can become longer than *room_bytes*."""
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(room_bytes), "resource", role, kind, str(folder)],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)
