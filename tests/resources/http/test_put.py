"""A put sends one request, and is done when it was taken."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faults import interrupted
from tests.resources.faulty_server import Answer, FaultyServer

from sqnc_resources import RequestError, ResourceError, Result
from sqnc_resources.conform import build as conform_build
from sqnc_resources.http import PutParams, Source, Version, put, requests
from sqnc_resources.reading import read
from sqnc_resources.web import StatusError, UnreachableError, WebError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.conftest import Run


@pytest.fixture(autouse=True)
def answers(server: FaultyServer) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        server.on(method, "/x", Answer(body=b"ok"))


@pytest.fixture
def given(server: FaultyServer, tmp_path: Path) -> tuple[FaultyServer, Path]:
    """The server, and inputs with two files."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_bytes(b'{"x": "$BUILD_NAME"}\n')
    (tmp_path / "in" / "a.tar.gz").write_bytes(b"\x00\xff")
    return server, tmp_path


def sent(server: FaultyServer, folder: Path, params: Any = None, **keys: Any) -> Result[Version]:
    source = read(
        Source, {"url": f"{server.url}/x", "out_only": True, "timeout": "30s", **keys}, "source", []
    )
    return put(source, read(PutParams, params or {}, "params", []), folder)


def test_a_put_posts_nothing_where_nothing_is_given(server: FaultyServer, tmp_path: Path) -> None:
    began = datetime.now(UTC)
    result = sent(server, tmp_path)
    assert began <= datetime.fromisoformat(result.version.version) <= datetime.now(UTC)
    assert result.metadata == {"url": f"{server.url}/x", "method": "POST", "status": "200", "answer": "ok"}
    assert (server.received[0].method, server.received[0].body) == ("POST", b"")


@pytest.mark.parametrize(
    ("params", "kind", "body"),
    [
        ({"text": "häy"}, "text/plain; charset=utf-8", "häy".encode()),
        (
            {"json": {"text": "ä", "n": 12345678901234567890}},
            "application/json",
            '{"text": "ä", "n": 12345678901234567890}'.encode(),
        ),
        ({"json": False}, "application/json", b"false"),
        ({"form": {"a": "1 &", "b": [1]}}, "application/x-www-form-urlencoded", b"a=1+%26&b=%5B1%5D"),
        ({"file": "in/a.json"}, "application/json", b'{"x": "$BUILD_NAME"}\n'),
        ({"file": "in/a.tar.gz"}, "application/octet-stream", b"\x00\xff"),
    ],
    ids=["text", "json", "false", "form", "file", "binary"],
)
def test_each_body_is_sent_as_what_it_is(
    params: dict[str, object], kind: str, body: bytes, given: tuple[FaultyServer, Path]
) -> None:
    server, inputs = given
    sent(server, inputs, params, text="of the source", build_metadata=["body"])
    got = server.received[0]
    assert (got.headers["content-type"], got.body) == (kind, body)
    assert "transfer-encoding" not in got.headers


def test_the_variables_are_those_that_an_engine_sets() -> None:
    assert set(requests.BUILD_VARIABLES) == conform_build.BUILD_VARIABLES


def test_a_content_type_that_is_given_counts(server: FaultyServer, tmp_path: Path) -> None:
    sent(server, tmp_path, {"json": 1, "headers": {"content-type": "application/vnd.x+json"}})
    assert server.received[0].headers["content-type"] == "application/vnd.x+json"


def test_params_count_before_the_source(
    server: FaultyServer, other_server: FaultyServer, tmp_path: Path
) -> None:
    other_server.on("PATCH", "/y", Answer(409, b"there already"))
    params = {
        "url": f"{other_server.url}/y", "method": "PATCH", "headers": {"A": "2"}, "query": {"q": "2"},
        "statuses": [200, 409], "sensitive": True,
    }  # fmt: skip
    result = sent(server, tmp_path, params, method="PUT", headers={"A": "1"}, query={"q": "1"}, text="body")
    got = other_server.received[0]
    assert (got.method, got.headers["a"], got.query, got.body) == ("PATCH", "2", {"q": "2"}, b"body")
    assert result.metadata == {"url": f"{other_server.url}/y?q=2", "method": "PATCH", "status": "409"}


def test_variables_of_the_build_stand_where_they_are_allowed(
    server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUILD_NAME", 'the "12th"')
    monkeypatch.delenv("BUILD_JOB_NAME", raising=False)
    params = {
        "json": {"a": ["$BUILD_NAME|${BUILD_JOB_NAME}|$HOME|$BUILD_NAMES"]},
        "headers": {"X": "$BUILD_NAME"},
    }
    sent(server, tmp_path, params, build_metadata=["body"])
    assert json.loads(server.received[0].body) == {"a": ['the "12th"||$HOME|$BUILD_NAMES']}
    assert server.received[0].headers["x"] == "$BUILD_NAME"
    sent(server, tmp_path, {**params, "build_metadata": []}, build_metadata=["body", "headers"])
    assert b"$BUILD_NAME|" in server.received[1].body


def test_texts_of_files_stand_in_every_part(server: FaultyServer, tmp_path: Path) -> None:
    (tmp_path / "version").mkdir()
    (tmp_path / "version" / "number").write_text("1.2.3\n")
    server.on("POST", "/1.2.3", Answer())
    params = {
        "url": f"{server.url}/$VERSION", "headers": {"X": "v${VERSION}"}, "form": {"$VERSION": "$VERSION"},
        "files": {"VERSION": "version/number"},
    }  # fmt: skip
    sent(server, tmp_path, params)
    got = server.received[0]
    assert (got.path, got.headers["x"], got.body) == ("/1.2.3", "v1.2.3", b"1.2.3=1.2.3")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"file": "absent"}, "absent: expected a file among the inputs"),
        ({"file": "../x"}, r"\.\./x: expected a path inside the inputs"),
        ({"files": {"V": "absent"}}, "absent: No such file or directory"),
    ],
)
def test_an_input_that_is_not_there_is_named(
    params: dict[str, object], message: str, server: FaultyServer, tmp_path: Path
) -> None:
    with pytest.raises(ResourceError, match=message):
        sent(server, tmp_path, params)
    assert server.received == []


def test_the_version_is_what_the_answer_says(server: FaultyServer, tmp_path: Path) -> None:
    server.on("POST", "/x", Answer(201, b'{"id": 7}', headers={"ETag": '"e"'}))
    assert sent(server, tmp_path, out_only=False, version={"path": ".id"}).version == Version("7")
    assert sent(server, tmp_path, out_only=False, version={"header": "ETag"}).version == Version('"e"')
    digest = hashlib.sha256(b'{"id": 7}').hexdigest()
    assert sent(server, tmp_path, out_only=False).version == Version(digest)
    nothing = sent(server, tmp_path, out_only=False, version={"path": ".x", "default": "none"})
    assert datetime.fromisoformat(nothing.version.version).tzinfo is UTC


# faults


@pytest.mark.parametrize(
    "fault",
    [Answer(drop=True), Answer(500), Answer(take=3), Answer(body=b"okay", cut_after=2), Answer(late_s=5)],
    ids=["dropped", "500", "upload cut", "answer cut", "late"],
)
def test_a_post_that_may_have_arrived_is_a_failure_and_sent_once(
    fault: Answer, server: FaultyServer, tmp_path: Path
) -> None:
    server.on("POST", "/x", fault, Answer())
    with pytest.raises(WebError, match="POST"):
        sent(server, tmp_path, {"text": "hello" * 1000}, timeout="1s" if fault.late_s else "10s")
    assert len(server.received) == 1


def test_a_post_is_repeated_where_that_is_said_to_do_no_harm(server: FaultyServer, tmp_path: Path) -> None:
    server.on("POST", "/x", Answer(drop=True), Answer(500), Answer(body=b"done"))
    assert sent(server, tmp_path, {"text": "a"}, repeatable=True).metadata["answer"] == "done"  # type: ignore[call-overload]  # a mapping here
    assert len(server.received) == 3
    server.on("POST", "/x", Answer(500), Answer())
    with pytest.raises(StatusError):
        sent(server, tmp_path, {"text": "a", "repeatable": False}, repeatable=True)


def test_a_put_request_is_repeated(server: FaultyServer, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(1 << 20))
    server.on("PUT", "/x", Answer(take=100_000), Answer(503), Answer())
    sent(server, tmp_path, {"file": "big"}, method="PUT")
    assert [len(one.body) for one in server.received] == [100_000, 1 << 20, 1 << 20]


def test_a_limit_is_waited_for(server: FaultyServer, tmp_path: Path) -> None:
    server.on("POST", "/x", Answer(429, headers={"Retry-After": "1"}), Answer())
    began = time.monotonic()
    sent(server, tmp_path, {"text": "a"})
    assert time.monotonic() - began >= 1


def test_one_attempt_is_one(server: FaultyServer, tmp_path: Path) -> None:
    server.on("POST", "/x", Answer(429), Answer())
    with pytest.raises(StatusError, match="429 Too Many Requests"):
        sent(server, tmp_path, attempts=1)
    with pytest.raises(UnreachableError, match="Connection refused"):
        sent(server, tmp_path, {"url": "http://127.0.0.1:1/x"}, attempts=1)


def test_a_hook_s_secret_path_and_token_do_not_leak(server: FaultyServer, tmp_path: Path, run: Run) -> None:
    source = {
        "url": f"{server.url}/absent?token=hush",
        "password": "hush2",
        "username": "ann",
        "out_only": True,
    }
    answer = run("out", "http", {"source": source, "params": {"text": "a"}}, tmp_path)
    assert (answer.status, answer.value) == (1, None)
    assert "hush" not in answer.stderr
    assert "/absent?token=***: 404 Not Found" in answer.stderr


def test_sigterm_in_the_middle_is_no_answer(server: FaultyServer, tmp_path: Path) -> None:
    server.on("POST", "/x", Answer(late_s=20))
    request = {"source": {"url": f"{server.url}/x"}}
    answer = interrupted("out", "http", request, tmp_path, when=lambda: server.received)
    assert (answer.status, answer.stdout) == (143, "")


def test_an_unknown_key_is_named(server: FaultyServer, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"params.jsn: unknown key, did you mean `json`"):
        sent(server, tmp_path, {"jsn": 1})
