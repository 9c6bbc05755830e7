"""The exact documents that Concourse sends."""

from __future__ import annotations

import pytest

from sqnc_resources.emulator.requests import request


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (request(None), '{"source":null}'),
        (request({}), '{"source":{}}'),
        (request({"uri": "x"}, version=None), '{"source":{"uri":"x"}}'),
        (
            request({"b": 1, "a": "<"}, version={"ref": "1"}),
            '{"source":{"a":"\\u003c","b":1},"version":{"ref":"1"}}',
        ),
        (request(None, params={}, version={}), '{"source":null}'),
        (
            request({"n": 2**63}, params={"depth": 1.0}, version={"ref": "1"}),
            '{"source":{"n":9223372036854775808},"params":{"depth":1},"version":{"ref":"1"}}',
        ),
    ],
)
def test_what_is_empty_is_left_out_but_the_source(document: bytes, text: str) -> None:
    assert document.decode() == text
