"""Repositories behind the faulty server: git's own web server answers, unless a test wants something else.

server.otherwise(git_backend(folder))
server.on("POST", "/repo.git/git-receive-pack", Answer(503), git_backend(folder))
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.resources.faulty_server import Answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.resources.faulty_server import Received


def git_backend(folder: Path) -> Callable[[Received], Answer]:
    """What answers for the repositories in *folder*, of pushes too, whoever makes them."""

    def answer(asked: Received) -> Answer:
        url = urlsplit(asked.target)
        environment = {
            "GIT_PROJECT_ROOT": str(folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": asked.headers.get("git-protocol", ""),
            "HTTP_CONTENT_ENCODING": asked.headers.get("content-encoding", ""),
            "CONTENT_TYPE": asked.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(asked.body)),
            "PATH_INFO": url.path,
            "QUERY_STRING": url.query,
            "REQUEST_METHOD": asked.method,
            "REMOTE_USER": "anybody",
        }
        command = ["git", "http-backend"]
        done = subprocess.run(
            command, input=asked.body, env=os.environ | environment, stdout=subprocess.PIPE, check=True
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return Answer(int(headers.pop("Status", "200").split()[0]), body, headers)

    return answer
