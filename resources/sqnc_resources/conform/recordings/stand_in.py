"""Stands for a program: `stand_in.py SOCKET NAME REAL ARGUMENT…`; answers what the socket says.

With REAL it runs that program, and tells the socket what came of it. Started isolated, with the standard
library alone, in whatever surroundings the program would have been.
"""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys

PROBLEM = 70  # sysexits.h: an internal software error


def main(path: str, name: str, real: str, arguments: list[str]) -> int:
    data = sys.stdin.buffer.read() if sys.stdin and not sys.stdin.isatty() else b""
    request = {"program": name, "arguments": arguments, "stdin": _encoded(data)}
    result = _run(real, arguments, data) if real else None
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        with connection.makefile("rwb") as stream:
            stream.write(json.dumps({"request": request, "result": result}).encode() + b"\n")
            stream.flush()
            answer = json.loads(stream.readline())
    sys.stdout.buffer.write(_decoded(answer["stdout"]))
    sys.stdout.buffer.flush()
    sys.stderr.buffer.write(_decoded(answer["stderr"]))
    return int(answer["status"])


def _run(real: str, arguments: list[str], data: bytes) -> dict[str, object]:
    done = subprocess.run([real, *arguments], input=data, capture_output=True, check=False)
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return {"status": status, "stdout": _encoded(done.stdout), "stderr": _encoded(done.stderr)}


def _encoded(data: bytes) -> object:
    """As recording.to_json, which is not to be had here."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _decoded(value: object) -> bytes:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else str(value).encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
