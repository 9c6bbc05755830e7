"""What is recorded once is replayed without what it came from, and holds no secret."""

from __future__ import annotations

import json
import os
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from sqnc_resources.conform.recordings.http import stand_in
from sqnc_resources.conform.recordings.programs import stand_ins
from sqnc_resources.conform.recordings.recording import RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "not-to-be-recorded"


class Releases(BaseHTTPRequestHandler):
    """A server that counts, shows who asks, and redirects to itself."""

    asked = 0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        type(self).asked += 1
        own = f"http://127.0.0.1:{self.server.server_address[1]}"
        if self.path == "/latest":
            self.answer(302, b"", Location=f"{own}/releases/7")
        elif self.path == "/raw":
            self.answer(200, b"\xff\x00" + TOKEN.encode())
        else:
            login = self.headers.get("Authorization", "")
            body = {"path": self.path, "login": login, "asked": self.asked, "url": f"{own}/x"}
            self.answer(200, json.dumps(body).encode(), **{"Set-Cookie": "a=b", "X-Kind": "json"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(201, b"got " + body)

    def do_HEAD(self) -> None:
        self.answer(200, b"")

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None: ...


@pytest.fixture
def address() -> Iterator[str]:
    Releases.asked = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Releases) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def get(url: str, data: bytes | None = None) -> Any:
    request = Request(url, data, {"Authorization": f"Bearer {TOKEN}"})
    with urlopen(request) as answer:
        return answer.read()


def ask_all(url: str) -> list[Any]:
    answers = [get(f"{url}/releases?page=1&token={TOKEN}") for _ in range(2)]
    answers += [get(f"{url}/latest"), get(f"{url}/raw"), get(f"{url}/new", b"body")]
    return [answer.replace(url.encode(), b"URL") for answer in answers]


def test_a_server_is_recorded_and_replayed(address: str, tmp_path: Path) -> None:
    file = tmp_path / "recordings" / "releases.json"
    with stand_in(address, file, record=True, secrets=[TOKEN]) as url:
        recorded = ask_all(url)
    assert json.loads(recorded[0])["url"] == "URL/x"
    assert json.loads(recorded[2])["path"] == "/releases/7"  # by a redirect to the stand-in
    asked = Releases.asked
    with stand_in("http://127.0.0.1:9", file, record=False, secrets=[TOKEN]) as url:
        replayed = ask_all(url)
    assert [answer.replace(TOKEN.encode(), b"***") for answer in recorded] == replayed
    assert [json.loads(answer)["asked"] for answer in replayed[:2]] == [1, 2]
    assert Releases.asked == asked


def test_a_recording_of_a_server_holds_no_secret(address: str, tmp_path: Path) -> None:
    file = tmp_path / "releases.json"
    with stand_in(address, file, record=True, secrets=[TOKEN]) as url:
        ask_all(url)
    text = file.read_text()
    assert TOKEN not in text
    assert "Set-Cookie" not in text
    assert address not in text
    assert "X-Kind" in text
    raw = next(one for one in json.loads(text)["exchanges"] if one["request"]["path"] == "/raw")
    assert raw["response"]["body"] == {"base64": "/wAqKio="}  # *** after the two bytes


def test_what_was_not_recorded_is_told_at_once_and_at_the_end(address: str, tmp_path: Path) -> None:
    file = tmp_path / "releases.json"
    with stand_in(address, file, record=True) as url:
        get(f"{url}/one")
    with pytest.raises(RecordingError, match=r'"/two".* was asked, .* it holds .*"/one".*--resource-record'):
        ask_for_two(file)


def ask_for_two(file: Path) -> None:
    with stand_in("http://127.0.0.1:9", file, record=False) as url:
        with pytest.raises(HTTPError, match="501") as raised:
            get(f"{url}/two")
        assert raised.value.read().decode() == f"{file} does not hold GET /two\n"
        raised.value.close()


def test_a_server_that_cannot_be_reached_is_told(tmp_path: Path) -> None:
    with (
        stand_in("http://127.0.0.1:9", tmp_path / "a.json", record=True) as url,
        pytest.raises(HTTPError, match="501") as raised,
    ):
        get(url)
    assert "http://127.0.0.1:9 cannot be reached" in raised.value.read().decode()
    raised.value.close()


@pytest.mark.parametrize("content", [None, "", "{}", "[]"])
def test_without_a_recording_it_says_how_to_make_one(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "a.json"
    if content is not None:
        file.write_text(content)
    with (
        pytest.raises(RecordingError, match="pytest --resource-record"),
        stand_in("http://127.0.0.1:9", file, record=False),
    ):
        pass


PROGRAM = f"""\
#!/bin/sh
echo "$(cat) $* {TOKEN}"
echo oops >&2
echo called >>"$LOG"
exit 3
"""


def call(path: str, *arguments: str, log: Path) -> tuple[int, str, str]:
    done = subprocess.run(
        ["teller", *arguments],
        input="hello",
        env={"PATH": path, "LOG": str(log)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def teller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "teller").write_text(PROGRAM)
    (folder / "teller").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "teller"


def test_a_program_is_recorded_and_replayed(teller: Path, tmp_path: Path) -> None:
    file, log = tmp_path / "teller.json", tmp_path / "log"
    places = {"folder": "/tmp/first"}
    with stand_ins(["teller"], file, record=True, secrets=[TOKEN], places=places) as path:
        assert call(path, "-C", "/tmp/first/x", log=log) == (3, f"hello -C /tmp/first/x {TOKEN}\n", "oops\n")
    teller.unlink()
    assert TOKEN not in file.read_text()
    assert "/tmp/first" not in file.read_text()
    places = {"folder": "/tmp/second"}
    with stand_ins(["teller"], file, record=False, secrets=[TOKEN], places=places) as path:
        assert call(path, "-C", "/tmp/second/x", log=log) == (3, "hello -C /tmp/second/x ***\n", "oops\n")
    assert log.read_text() == "called\n"


def test_a_run_that_was_not_recorded_is_told(teller: Path, tmp_path: Path) -> None:
    file, log = tmp_path / "teller.json", tmp_path / "log"
    with stand_ins(["teller"], file, record=True) as path:
        call(path, "one", log=log)
    with (
        pytest.raises(RecordingError, match="two"),
        stand_ins(["teller"], file, record=False) as path,
    ):
        assert call(path, "two", log=log) == (70, "", f"{file} does not hold `teller two`\n")


def test_a_program_that_is_not_there_cannot_be_recorded(tmp_path: Path) -> None:
    with (
        pytest.raises(RecordingError, match="no-such-program: there is no such program"),
        stand_ins(["no-such-program"], tmp_path / "a.json", record=True),
    ):
        pass
