import base64
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sqncshim import git

ACTION = "{name: Greet, inputs: {who: {default: World}}, runs: {using: node20, main: index.js}}"


@dataclass(frozen=True)
class Server:
    """A git server's repositories, in a folder."""

    root: Path

    @property
    def url(self) -> str:
        return self.root.as_uri()

    def add(self, name: str = "owner/greet", **files: str) -> Path:
        """Make the repository *name* with one commit that holds an action, or *files*: `__` is a `/`."""
        folder = self.root / name
        git.run("init", "--quiet", "--", str(folder))
        self.commit(name, **(files or {"action.yml": ACTION, "index.js": "", "sub__action.yml": ACTION}))
        return folder

    def commit(self, name: str = "owner/greet", **files: str) -> str:
        """Commit *files* and return the commit."""
        folder = self.root / name
        for file, text in files.items():
            path = folder / file.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git.run("add", "--all", cwd=folder)
        git.run("commit", "--quiet", "--message=x", "--allow-empty", cwd=folder)
        return self.head(name)

    def head(self, name: str = "owner/greet", revision: str = "HEAD") -> str:
        return git.run("rev-parse", revision, cwd=self.root / name).stdout.decode().strip()


@pytest.fixture
def server(tmp_path: Path, git_home: Path) -> Server:
    """An empty server; git knows nothing of this machine's user."""
    root = tmp_path / "server"
    root.mkdir()
    return Server(root)


@dataclass
class WebServer:
    """A git server on HTTP that wants a user and a password, and remembers what it saw."""

    url: str
    authorizations: list[str] = field(default_factory=list)
    command_lines: set[bytes] = field(default_factory=set)

    def accepts(self, user: str, password: str) -> None:
        self.wanted = "basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    wanted: str = ""


@pytest.fixture
def web_server(server: Server) -> Iterator[WebServer]:
    seen = WebServer("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            header = self.headers.get("Authorization", "")
            seen.authorizations.append(header)
            seen.command_lines.update(command_lines())
            if header.lower() == seen.wanted.lower():
                self.backend()
            else:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()

        do_POST = do_GET  # noqa: N815  (the name that http.server looks for)

        def backend(self) -> None:
            path, _, query = self.path.partition("?")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            variables = {
                "GIT_PROJECT_ROOT": str(server.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            }
            answer = subprocess.run(
                ["git", "http-backend"],
                input=body,
                env=os.environ | variables,
                stdout=subprocess.PIPE,
                check=True,
            ).stdout
            headers, _, content = answer.partition(b"\r\n\r\n")
            lines = [line.decode().split(": ", 1) for line in headers.split(b"\r\n")]
            status = next((value for name, value in lines if name == "Status"), "200").split()[0]
            self.send_response(int(status))
            for name, value in lines:
                if name != "Status":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (http.server's name)
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        seen.url = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield seen
        listening.shutdown()
        thread.join()


def command_lines() -> Iterator[bytes]:
    """What `ps` shows of every process just now."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield (folder / "cmdline").read_bytes()
        except OSError:  # it ended
            continue


@pytest.fixture
def git_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to which every git that we start adds a line with its arguments."""
    real = shutil.which("git")
    folder, log = tmp_path / "bin", tmp_path / "git-calls"
    folder.mkdir()
    log.touch()
    (folder / "git").write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return log
