"""A put-only type: what it sends, and that check and get do no harm."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.resources.patterns.conftest import Write

CHAT = '''
    import urllib.request

    @dataclass(frozen=True, slots=True)
    class Source:
        """A room of the chat."""

        url: Secret
        """Where messages are posted."""

    @dataclass(frozen=True, slots=True)
    class PutParams:
        text: str = ""
        file: str = ""

    class Chat(PutOnly[Source, PutParams]):
        """Posts messages."""

        def send(self, source: Source, params: PutParams, folder: Path) -> Mapping[str, str]:
            text = params.text or (folder / params.file).read_text()
            try:
                urllib.request.urlopen(source.url.reveal(), text.encode())
            except OSError as error:
                raise ResourceError(f"{source.url.reveal()}: {error}") from error
            return {"text": text}
'''


class Room(HTTPServer):
    """A server that keeps what is posted to it, and refuses what is too long."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Post)
        self.texts: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/room/t0ken"


class Post(BaseHTTPRequestHandler):
    server: Room

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if len(text) > 100:
            self.send_error(413)
            return
        self.server.texts.append(text)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name it has there)
        pass


@pytest.fixture
def room() -> Iterator[Room]:
    with Room() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_put_sends_and_gives_a_version_of_its_own_each_time(
    write: Write, room: Room, tmp_path: Path
) -> None:
    ask = write(CHAT)
    (tmp_path / "built").write_text("it is built")
    first = ask("out", {"url": room.url}, tmp_path, params={"text": "hello"})
    second = ask("out", {"url": room.url}, tmp_path, params={"file": "built"})
    assert room.texts == ["hello", "it is built"]
    assert second["metadata"] == [{"name": "text", "value": "it is built"}]
    assert list(first["version"]) == ["sent"]
    assert first["version"] != second["version"]


def test_the_get_after_a_put_and_later_checks_send_nothing(write: Write, room: Room, tmp_path: Path) -> None:
    ask = write(CHAT)
    version = ask("out", {"url": room.url}, tmp_path, params={"text": "hello"})["version"]
    folder = tmp_path / "got"
    folder.mkdir()
    assert ask("in", {"url": room.url}, folder, version=version)["version"] == version
    assert list(folder.iterdir()) == []
    assert ask("check", {"url": room.url}) == []
    assert ask("check", {"url": room.url}, version=version) == [version]
    assert room.texts == ["hello"]


def test_what_could_not_be_sent_is_no_version(write: Write, room: Room, tmp_path: Path) -> None:
    said = write(CHAT).refused("out", {"url": room.url}, tmp_path, params={"text": "x" * 101})
    assert "413" in said
    assert "t0ken" not in said


def test_what_an_author_forgot_is_told_to_him(write: Write) -> None:
    ask = write("""
        class Forgotten(PutOnly[NoKeys, NoKeys]):
            pass
    """)
    assert "send" in ask.refused("check", {}, status=70)
