"""What the http type can be told."""

from __future__ import annotations

import json

import pytest

from sqnc_resources import RequestError
from sqnc_resources.http import GetParams, PutParams, Source
from sqnc_resources.http.json_path import JsonPath
from sqnc_resources.http.values import Statuses
from sqnc_resources.reading import read

DOCUMENT = json.loads(
    '{"tag": "v1", "n": 12345678901234567890, "a b": {"c": [1, 2, {"d": true}]}, '
    '"items": [{"id": 1}, {"other": 2}, {"id": 3}], "none": null, "o": {"x": 1, "y": 2}}'
)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (".tag", ["v1"]),
        (".", [DOCUMENT]),
        (".n", [12345678901234567890]),
        ('."a b".c[0]', [1]),
        ('.["a b"]["c"][-1].d', [True]),
        ('.["a b"].c.[1]', [2]),
        (".items[].id", [1, 3]),
        (".items | .[0] | .id", [1]),
        (".o[]", [1, 2]),
        (".none", [None]),
        (".absent.deeper", []),
        (".items[9].id", []),
        (".tag[0]", []),
        (".items.id", []),
    ],
)
def test_a_path_finds_values_as_jq_does(path: str, values: list[object]) -> None:
    assert JsonPath.parse(path).find(DOCUMENT) == values
    assert str(JsonPath.parse(path)) == path


@pytest.mark.parametrize(
    "path", ["", "tag", ".a..b", ".a[", ".a[x]", ".[1:2]", "..", ".a | length", ".a // .b", '."x', ".a-b"]
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"expected a path such as .tag_name"):
        JsonPath.parse(path)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("200", 200, 200), ("2xx", 200, 299), ("4XX", 400, 499), ("200-204", 200, 204)],
)
def test_statuses_are_ranges(text: str, first: int, last: int) -> None:
    assert Statuses.parse(text).numbers == range(first, last + 1)


@pytest.mark.parametrize("text", ["", "ok", "99", "600", "204-200", "2x", "200-", "-200", "xxx"])
def test_what_is_no_status_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a status such as 200"):
        Statuses.parse(text)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Source, {}, "source.url: expected a string, and it is missing"),
        (Source, {"url": "http://h", "text": "a", "json": 1}, "expected one body, got text and json"),
        (PutParams, {"form": {}, "file": "x"}, "expected one body, got form and file"),
        (GetParams, {"json": [], "text": ""}, "expected one body, got text and json"),
        (GetParams, {"file": "x"}, "file: unknown key"),
        (Source, {"url": "http://h", "attempts": 0}, "attempts: expected 1 or more"),
        (Source, {"url": "http://h", "timeout": "0s"}, "timeout: expected more than 0s"),
        (Source, {"url": "http://h", "token": "t", "username": "u"}, "either `token` or `username`"),
        (Source, {"url": "http://h", "version": {"path": "x"}}, r"source.version.path: expected a path"),
        (Source, {"url": "http://h", "statuses": ["x"]}, r"source.statuses\[0\]: expected a status"),
    ],
)
def test_what_does_not_fit_is_named(kind: type, value: object, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        read(kind, value, "source", [])


def test_older_names_of_other_types_are_read() -> None:
    source = read(Source, {"uri": "http://h", "form_data": {"a": 1}, "version": {"jq": ".a"}}, "source", [])
    assert (source.url, source.form, str(source.version.path)) == ("http://h", {"a": 1}, ".a")
