"""Runs a program where the kit itself is not, in a container: `inside.py` follows it as `host` does.

It reads a JSON object on standard input, and answers with one. Started by its path, isolated, as the user
whom the program is to run as.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":  # isolated, so that nothing of the image is imported in place of what is ours
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from sqnc_resources.conform.executor import Call
from sqnc_resources.conform.process import CannotStart, Ended, follow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NOT_STARTED = 127


def encode_order(command: Sequence[str], call: Call, cwd: str) -> bytes:
    """What `main` reads."""
    order = {
        "command": list(command),
        "cwd": cwd,
        "request": None if call.request is None else _text(call.request),
        "env": dict(call.env),
        "stop_after_s": call.stop_after_s,
        "timeout_s": call.timeout_s,
    }
    return json.dumps(order).encode()


def decode_answer(data: bytes) -> Ended:
    """What `main` answers; raise ValueError."""
    answer = json.loads(data)
    return Ended(answer["status"], _bytes(answer["stdout"]), _bytes(answer["stderr"]), answer["duration_s"])


def main() -> None:
    """Follow the program that standard input names."""
    order = json.load(sys.stdin)
    try:
        ended = _follow(order)
    except CannotStart as error:
        ended = Ended(_NOT_STARTED, b"", str(error).encode(), 0)
    answer = {
        "status": ended.status,
        "stdout": _text(ended.stdout),
        "stderr": _text(ended.stderr),
        "duration_s": ended.duration_s,
    }
    sys.stdout.write(json.dumps(answer))


def _follow(order: Mapping[str, Any]) -> Ended:
    call = Call(
        role="",
        request=None if order["request"] is None else _bytes(order["request"]),
        env=order["env"],
        stop_after_s=order["stop_after_s"],
        timeout_s=order["timeout_s"],
    )
    return follow(order["command"], call, order["cwd"])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


if __name__ == "__main__":
    main()
