"""A check of a page finds the versions that it has."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faulty_server import Answer, FaultyServer

from sqnc_resources.http import Source, Version, check
from sqnc_resources.reading import read
from sqnc_resources.web import BodyError, StatusError, WebError

if TYPE_CHECKING:
    from tests.resources.conftest import Run


def page(value: object, **headers: str) -> Answer:
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(body=json.dumps(value).encode(), headers={"Content-Type": "application/json", **given})


def checked(server: FaultyServer, since: str | None = None, **keys: Any) -> list[str]:
    source = read(Source, {"url": f"{server.url}/x", "timeout": "30s", **keys}, "source", [])
    return [found.version for found in check(source, None if since is None else Version(since))]


def test_a_value_in_the_document_is_the_version(server: FaultyServer) -> None:
    server.on("GET", "/x", page({"release": {"tag": "v2"}}))
    assert checked(server, version={"path": ".release.tag"}) == ["v2"]
    assert checked(server, "v2", version={"path": ".release.tag"}) == ["v2"]
    assert checked(server, "v1", version={"path": ".release.tag"}) == ["v2"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345678901234567890, "12345678901234567890"),
        (True, "true"),
        (1.5, "1.5"),
        ({"b": 1, "a": 2}, '{"a":2,"b":1}'),
    ],
)
def test_a_value_that_is_no_text_is_written_as_json(value: object, text: str, server: FaultyServer) -> None:
    server.on("GET", "/x", page({"v": value}))
    assert checked(server, version={"path": ".v"}) == [text]


def test_a_list_has_a_version_for_each_element(server: FaultyServer) -> None:
    server.on("GET", "/x", page([{"id": 1}, {"id": 2}, {"id": 2}, {"id": 3}]))
    rule = {"path": ".[].id"}
    assert checked(server, version=rule) == ["3"]
    assert checked(server, "2", version=rule) == ["2", "3"]
    assert checked(server, "gone", version=rule) == ["3"]
    newest_first = {**rule, "newest_first": True}
    assert checked(server, version=newest_first) == ["1"]
    assert checked(server, "2", version=newest_first) == ["2", "1"]


def test_what_is_not_there_falls_back(server: FaultyServer) -> None:
    server.on("GET", "/x", page({"v": None}, X_Version="7"))
    digest = hashlib.sha256(b'{"v": null}').hexdigest()
    assert checked(server, version={"path": ".v", "header": "x-version"}) == ["7"]
    assert checked(server, version={"path": ".v", "header": "absent"}) == [digest]
    assert checked(server, version={"path": ".v", "default": "none"}) == []
    assert checked(server) == [digest]
    assert checked(server, version={"hash": "body"}) == [digest]


def test_a_hash_of_headers_leaves_out_what_always_changes(server: FaultyServer) -> None:
    server.on("GET", "/x", page(1, Age="1", X="a"), page(2, Age="2", X="a"), page(2, Age="2", X="b"))
    first, second, third = (checked(server, version={"hash": "headers"}) for _ in range(3))
    assert first == second != third
    server.on("GET", "/x", page(1, X="a"), page(2, X="a"))
    assert checked(server, version={"hash": "full"}) != checked(server, version={"hash": "full"})


@pytest.mark.parametrize(
    ("header", "condition"), [("ETag", "if-none-match"), ("last-modified", "if-modified-since")]
)
def test_what_has_not_changed_is_not_transferred(header: str, condition: str, server: FaultyServer) -> None:
    server.on("GET", "/x", Answer(headers={header: '"1"'}), Answer(304), Answer(headers={header: '"2"'}))
    rule = {"header": header}
    assert checked(server, version=rule) == ['"1"']
    assert checked(server, '"1"', version=rule) == ['"1"']
    assert checked(server, '"1"', version=rule) == ['"2"']
    assert [one.headers.get(condition) for one in server.received] == [None, '"1"', '"1"']


def test_a_notification_is_never_asked(server: FaultyServer) -> None:
    assert checked(server, out_only=True) == []
    assert checked(server, "1", out_only=True) == ["1"]
    assert server.received == []


def test_the_request_is_what_the_source_says(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILD_PIPELINE_NAME", "main")
    server.on("POST", "/x", page({"v": 1}))
    keys: dict[str, Any] = {
        "method": "post",
        "headers": {"X-Pipeline": "$BUILD_PIPELINE_NAME"},
        "query": {"q": "a b"},
        "json": {"query": "latest"},
        "username": "ann",
        "password": "p",
        "build_metadata": ["headers"],
        "version": {"path": ".v"},
    }
    assert checked(server, **keys) == ["1"]
    got = server.received[0]
    assert (got.query, json.loads(got.body)) == ({"q": "a b"}, {"query": "latest"})
    assert got.headers["content-type"] == "application/json"
    assert got.headers["x-pipeline"] == "main"
    assert got.headers["authorization"].startswith("Basic ")


def test_a_status_that_is_good_can_be_named(server: FaultyServer) -> None:
    server.on("GET", "/x", Answer(404, b"none yet"))
    with pytest.raises(StatusError, match="404 Not Found: none yet"):
        checked(server)
    assert checked(server, statuses=["2xx", 404]) == [hashlib.sha256(b"none yet").hexdigest()]


@pytest.mark.parametrize(
    "answer", [Answer(400, b"hush"), Answer(503, b"hush"), Answer(200, b"hush")], ids=str
)
def test_nothing_of_a_sensitive_answer_is_shown(
    answer: Answer, server: FaultyServer, capfd: pytest.CaptureFixture[str]
) -> None:
    server.on("GET", "/x", answer)
    with pytest.raises(WebError, match="/x: ") as caught:
        checked(server, sensitive=True, version={"path": ".v"}, attempts=2)
    assert "hush" not in f"{caught.value}{capfd.readouterr().err}"
    with pytest.raises(WebError, match="hush"):
        checked(server, version={"path": ".v"}, attempts=1)


def test_a_document_that_is_cut_or_none_is_no_version(server: FaultyServer) -> None:
    server.on("GET", "/x", Answer(body=b'{"v": 1}', cut_after=7))
    with pytest.raises(BodyError, match="the connection broke after 7 of 8 bytes"):
        checked(server, version={"path": ".v"}, attempts=1)
    server.on("GET", "/x", Answer(body=b"<p>Log in</p>"))
    with pytest.raises(BodyError, match="expected JSON, got Log in"):
        checked(server, version={"path": ".v"})


def test_a_slow_page_fails_in_time(server: FaultyServer) -> None:
    server.on("GET", "/x", Answer(body=b"x" * 100, piece=1, slow_s=0.05))
    with pytest.raises(BodyError, match="too slowly"):
        checked(server, timeout="1s")


def test_the_whole_program_masks_what_is_secret(server: FaultyServer, run: Run) -> None:
    server.on("GET", "/x", Answer(403, b"hush-hush is not welcome, nor is sesame"))
    source = {
        "url": f"{server.url}/x", "token": "hush-hush", "headers": {"X-Api-Key": "sesame"}, "attempts": 1,
    }  # fmt: skip
    answer = run("check", "http", {"source": source})
    assert (answer.status, answer.value) == (1, None)
    assert "/x: 403 Forbidden: *** is not welcome, nor is ***" in answer.stderr
    assert server.received[0].headers["authorization"] == "Bearer hush-hush"
    assert server.received[0].headers["x-api-key"] == "sesame"
