"""Answers as Concourse reads them, with its complaints."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources.emulator.answers import EMPTY_VERSION, Answer, AnswerError, read_answer, read_versions

COMMAND = "/opt/resource/out /tmp/build/put"
versions = st.dictionaries(st.text(), st.text(), min_size=1)


class TestCheck:
    @given(st.lists(versions))
    def test_versions_come_as_they_are(self, answer: list[dict[str, str]]) -> None:
        assert list(read_versions(json.dumps(answer).encode())) == answer

    @pytest.mark.parametrize("output", [b"", b"\n", b"[]", b"null"])
    def test_nothing_is_no_version(self, output: bytes) -> None:
        assert read_versions(output) == ()

    def test_what_follows_the_first_value_is_ignored(self) -> None:
        assert read_versions(b'[{"ref":"1"}]\ndone\n') == ({"ref": "1"},)

    def test_null_is_empty_text(self) -> None:
        assert read_versions(b'[{"ref": null}]') == ({"ref": ""},)

    @pytest.mark.parametrize(
        ("output", "message"),
        [
            (b"hello\n[]", "invalid character 'h' looking for beginning of value"),
            (b'{"ref":"1"}', "json: cannot unmarshal object into Go value of type []atc.Version"),
            (b'"1"', "json: cannot unmarshal string into Go value of type []atc.Version"),
            (b'["1"]', "json: cannot unmarshal string into Go value of type atc.Version"),
            (b'[{"ref": 1}]', "json: cannot unmarshal number into Go value of type string"),
            (b'[{"ref": ["a"]}]', "json: cannot unmarshal array into Go value of type string"),
            (b'[{"ref": true}]', "json: cannot unmarshal bool into Go value of type string"),
            (
                b'[{"ref":"1"},{}]',
                f"save versions: {EMPTY_VERSION}",
            ),
        ],
    )
    def test_anything_else_is_an_error(self, output: bytes, message: str) -> None:
        with pytest.raises(AnswerError) as told:
            read_versions(output)
        assert str(told.value) == message


class TestInAndOut:
    def read(self, value: Any) -> Answer:
        return read_answer(json.dumps(value).encode(), COMMAND)

    def test_version_and_metadata(self) -> None:
        metadata = [{"name": "a", "value": "1", "type": "time"}, {"name": "b", "value": "2"}]
        answer = self.read({"version": {"ref": "1"}, "metadata": metadata, "more": 1})
        assert answer == Answer({"ref": "1"}, (("a", "1"), ("b", "2")))

    def test_names_of_fields_may_be_in_any_case(self) -> None:
        answer = self.read({"Version": {"Ref": "1"}, "METADATA": [{"Name": "a", "VALUE": "1"}]})
        assert answer == Answer({"Ref": "1"}, (("a", "1"),))

    @pytest.mark.parametrize("output", [b"", b"null", b"{}", b'{"version": null}', b'{"metadata": []}'])
    def test_no_version_is_an_error(self, output: bytes) -> None:
        with pytest.raises(AnswerError) as told:
            read_answer(output, COMMAND)
        assert str(told.value) == "resource script (/opt/resource/out /tmp/build/put) output a null version"

    def test_an_empty_version_is_for_the_caller_to_refuse(self) -> None:
        assert self.read({"version": {}}) == Answer({})

    def test_null_metadata(self) -> None:
        assert self.read({"version": {"a": "b"}, "metadata": None}).metadata == ()
        assert self.read({"version": {"a": "b"}, "metadata": [None, {"name": "x"}]}).metadata == (
            ("", ""),
            ("x", ""),
        )

    @pytest.mark.parametrize(
        ("value", "place"),
        [
            ([], "array into Go value of type resource.VersionResult"),
            ({"version": "1"}, "string into Go struct field VersionResult.version of type atc.Version"),
            ({"version": {"a": 1}}, "number into Go struct field VersionResult.version of type string"),
            (
                {"version": {"a": "1"}, "metadata": {}},
                "object into Go struct field VersionResult.metadata of type atc.Metadata",
            ),
            (
                {"version": {"a": "1"}, "metadata": [{"name": "a", "value": 1}]},
                "number into Go struct field MetadataField.metadata.value of type string",
            ),
            (
                {"version": {"a": "1"}, "metadata": ["a"]},
                "string into Go struct field VersionResult.metadata of type atc.MetadataField",
            ),
        ],
    )
    def test_what_does_not_fit(self, value: object, place: str) -> None:
        with pytest.raises(AnswerError) as told:
            self.read(value)
        assert str(told.value) == f"json: cannot unmarshal {place}"


@given(st.binary())
def test_no_answer_fails_in_another_way(output: bytes) -> None:
    for read in (read_versions, lambda data: read_answer(data, COMMAND)):
        with suppress(AnswerError):
            read(output)
