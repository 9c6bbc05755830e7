import subprocess
import sys

import pytest

from sqncshim.document import DocumentError, StepDocument
from sqncshim.explain import parse_foreign


def test_a_right_document_is_read_without_jsonschema() -> None:
    program = (
        "import sys; from sqncshim.explain import parse_foreign; "
        """parse_foreign('{"step": {"run": "x"}}'); assert 'jsonschema' not in sys.modules"""
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_all_mistakes_are_told_after_the_first() -> None:
    text = '{"steps": [{"cmd": 5}, {"run": "x", "env": {"A B": 1}}], "version": []}'
    with pytest.raises(DocumentError) as error:
        parse_foreign(text)
    first, _, *others = str(error.value).splitlines()
    assert first == "version: expected an object of strings, got a list"
    assert others == [
        "  steps[0].cmd: 5 is not of type 'array'",
        "  steps[1].env[\"A B\"]: 1 is not of type 'string'",
        "  version: [] is not of type 'object'",
    ]


@pytest.mark.parametrize("text", ["no JSON", '{"step": {"run": "x"}, "steps": []}'])
def test_what_the_schema_knows_nothing_of_is_told_by_the_parser_alone(text: str) -> None:
    with pytest.raises(DocumentError) as foreign:
        parse_foreign(text)
    with pytest.raises(DocumentError) as own:
        StepDocument.parse(text)
    assert str(foreign.value) == str(own.value)
