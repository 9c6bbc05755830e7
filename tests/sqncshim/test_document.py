import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqncshim.document import (
    FORMAT,
    SCHEMA,
    Action,
    ActionInput,
    Build,
    DocumentError,
    DocumentStep,
    Metadata,
    Stage,
    StepDocument,
)

VALIDATOR = jsonschema.Draft202012Validator(json.loads((files("sqncshim") / SCHEMA).read_text()))

# Documents as a program may print them: right ones, nearly right ones, and nonsense.
texts = st.text(max_size=3)
words = st.text(min_size=1, max_size=3)
mappings = st.dictionaries(texts, texts, max_size=2)
nonsense = st.sampled_from(
    [None, True, 0, 1, 1.0, 2, "", "x", [], [1], ["x"], {}, {"x": 1}, {"x": "y"}, [{}]]
)


def maybe_wrong(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Nearly always *right*, so that a document of many parts is often right as a whole."""
    return st.integers(0, 60).flatmap(lambda n: nonsense if n == 0 else right)


def an_object(**keys: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    known = st.fixed_dictionaries({}, optional={name: maybe_wrong(value) for name, value in keys.items()})
    unknown = st.integers(0, 60).map(lambda n: {"surprise": "x"} if n == 0 else {})
    return st.tuples(known, unknown).map(lambda parts: {**parts[0], **parts[1]})


forms = st.sampled_from(
    [
        {"uses": "a/b@v1", "with": {"x": "y"}},
        {"run": "make", "shell": "sh"},
        {"run": "", "image": "alpine"},
        {"image": "alpine", "entrypoint": [], "cmd": ["x"]},
        {"build": {"context": "."}},
        {"build": {"context": "/a", "dockerfile": "b"}, "run": "x"},
        {"entrypoint": ["node"], "cmd": ["index.js"]},
        {"cmd": ["make"]},
        {},
        {"uses": "a/b@v1", "working_directory": "x"},
        {"run": "x", "cmd": []},
        {"build": {"context": "."}, "image": "x"},
        {"shell": "sh", "image": "x"},
        {"with": {}, "run": "x"},
    ]
)
fields = an_object(
    id=words,
    name=words,
    stage=st.sampled_from(["pre", "main", "post", "late"]),
    env=mappings,
    continue_on_error=st.one_of(st.booleans(), texts),
    **{"if": words},
)
steps = st.tuples(forms, fields).map(lambda parts: {**parts[0], **parts[1]})
step_lists = maybe_wrong(st.lists(steps, max_size=3))
inputs = an_object(required=st.booleans(), default=texts, deprecationMessage=words)
actions = an_object(
    name=texts, inputs=st.dictionaries(texts, inputs, max_size=2), runs=an_object(using=words)
)
documents = an_object(
    sqnc=st.just(FORMAT),
    version=mappings,
    metadata=st.lists(an_object(name=texts, value=texts), max_size=2),
    step=steps,
    steps=step_lists,
    outputs=mappings,
    action=actions,
)


def parses(document: object) -> bool:
    try:
        StepDocument.parse(json.dumps(document))
    except DocumentError:
        return False
    return True


def repeats_the_main_step(document: object) -> bool:
    """The one rule that no schema can say: `step`, beside `steps`, is the main one of them."""
    if not isinstance(document, dict) or "step" not in document or "steps" not in document:
        return True
    alone, listed = ({"steps": value} for value in ([document["step"]], document["steps"]))
    if not parses(alone) or not parses(listed):
        return True
    read = [StepDocument.parse(json.dumps(part)).steps for part in (alone, listed)]
    return tuple(step for step in read[1] if step.stage is Stage.MAIN) == read[0]


@settings(max_examples=400)
@given(st.one_of(documents, nonsense))
def test_the_parser_accepts_what_the_schema_accepts(document: object) -> None:
    assert parses(document) == (VALIDATOR.is_valid(document) and repeats_the_main_step(document))


@settings(max_examples=400)
@given(st.one_of(steps, nonsense))
def test_the_parser_accepts_the_steps_that_the_schema_accepts(step: object) -> None:
    document = {"steps": [step]}
    assert parses(document) == VALIDATOR.is_valid(document)


@given(actions)
def test_the_parser_accepts_the_actions_that_the_schema_accepts(action: object) -> None:
    assert parses({"action": action}) == VALIDATOR.is_valid({"action": action})


def test_the_generated_documents_are_of_both_kinds() -> None:
    """Else the comparisons above would compare nothing."""
    seen: set[tuple[bool, bool]] = set()

    @given(steps, actions)
    def collect(step: object, action: object) -> None:
        seen.add((parses({"steps": [step]}), parses({"action": action})))

    collect()
    assert {step for step, _ in seen} == {action for _, action in seen} == {True, False}


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(VALIDATOR.schema)


optional_lists = st.none() | st.lists(texts, max_size=2).map(tuple)
common = {
    "stage": st.sampled_from(Stage),
    "id": texts,
    "name": texts,
    "if_": texts,
    "env": mappings,
    "continue_on_error": st.booleans() | words,
}
step_values = st.one_of(
    st.builds(DocumentStep, uses=words, with_=mappings, **common),
    st.builds(DocumentStep, run=texts, shell=texts, image=texts, working_directory=texts, **common),
    st.builds(DocumentStep, image=words, entrypoint=optional_lists, cmd=optional_lists, **common),
    st.builds(DocumentStep, build=st.builds(Build, words, words), cmd=optional_lists, **common),
)
document_values = st.builds(
    StepDocument,
    version=st.none() | mappings,
    metadata=st.lists(st.builds(Metadata, texts, texts), max_size=2).map(tuple),
    steps=st.lists(step_values, max_size=3).map(tuple),
    outputs=mappings,
    action=st.none()
    | st.builds(
        Action,
        using=words,
        name=texts,
        inputs=st.dictionaries(
            texts, st.builds(ActionInput, st.booleans(), st.none() | texts, texts), max_size=2
        ),
    ),
)


@given(document_values)
def test_a_document_comes_back_from_its_json(document: StepDocument) -> None:
    text = document.to_json()
    assert StepDocument.parse(text) == document
    assert StepDocument.parse(text.encode()) == document
    assert "\n" not in text
    VALIDATOR.validate(json.loads(text))


def test_a_document_with_one_step_needs_no_list() -> None:
    document = StepDocument.parse('{"step": {"run": "make"}}')
    assert document.steps == (DocumentStep(run="make"),)
    assert document.step == DocumentStep(run="make")


def test_step_is_the_main_one_and_none_where_there_are_several() -> None:
    pre, main = DocumentStep(stage=Stage.PRE, run="a"), DocumentStep(run="b")
    assert StepDocument(steps=(pre, main)).step == main
    assert StepDocument(steps=(main, main)).step is None
    assert "step" not in json.loads(StepDocument(steps=(main, main)).to_json())


def test_a_resource_s_answer_is_a_document() -> None:
    answer = StepDocument.parse(
        '{"version": {"ref": "61cebf"}, "metadata": [{"name": "author", "value": "me"}]}'
    )
    assert answer == StepDocument(version={"ref": "61cebf"}, metadata=(Metadata("author", "me"),))


def test_what_holds_an_expression_is_carried_as_it_stands() -> None:
    step = StepDocument.parse('{"step": {"run": "${{ x }}", "env": {"A": "${{ github.token }}"}}}').steps[0]
    assert (step.run, step.env) == ("${{ x }}", {"A": "${{ github.token }}"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected one JSON object: Expecting value: line 1 column 1 (char 0); the text is empty"),
        ("hello\nworld", "the text begins with 'hello\\nworld'"),
        ("[]", "expected an object, got a list"),
        ("{}{}", "expected one JSON object: Extra data"),
        ("[" * 100_000, "nested too deeply"),
        ('{"version": {"a": NaN}}', "expected JSON, which has no NaN"),
        ('{"sqnc": 2}', "sqnc: this is version 2 of the format, and we read 1: update sqnc"),
        ('{"sqnc": "1"}', "sqnc: expected a number, got a string"),
        ('{"outputz": {}}', "outputz: unknown key: did you mean `outputs`?"),
        ('{"zzzzzz": 1}', "zzzzzz: unknown key: expected one of action, metadata, outputs, sqnc,"),
        ('{"steps": {}}', "steps: expected a list of objects, got an object"),
        ('{"steps": [null]}', "steps[0]: expected an object, got null"),
        ('{"steps": [{"run": ""}, {"cmd": 5}]}', "steps[1].cmd: expected a list of strings, got a number"),
        ('{"steps": [{"cmd": ["a", true]}]}', "steps[0].cmd[1]: expected a string, got true"),
        ('{"step": {"run": "x", "env": {"A B": null}}}', 'step.env["A B"]: expected a string, got null'),
        ('{"step": {"run": "x", "stage": "late"}}', 'step.stage: expected one of pre, main, post, got "l'),
        ('{"step": {"run": "x", "stage": "pre"}}', "step.stage: expected main, got pre: list"),
        ('{"step": {"run": "x", "cmd": []}}', "step.cmd: may not stand beside `run`"),
        ('{"step": {"image": "x", "shell": "sh"}}', "step.shell: stands only beside `run`"),
        ('{"step": {"env": {}}}', "step: the step does nothing: expected one of uses, run,"),
        ('{"step": {"uses": ""}}', "step.uses: expected a string that is not empty"),
        ('{"step": {"build": {}}}', "step.build.context: expected a string, and it is missing"),
        ('{"step": {"run": "x", "continue_on_error": 1}}', "step.continue_on_error: expected true or"),
        ('{"step": {"run": "x"}, "steps": [{"run": "y"}]}', "step: beside `steps`, expected the same step"),
        ('{"metadata": [{"name": "a"}]}', "metadata[0].value: expected a string, and it is missing"),
        ('{"action": {}}', "action.runs: expected an object, and it is missing"),
        ('{"action": {"runs": {"using": "x"}, "inputs": {"a": []}}}', "action.inputs.a: expected an object"),
    ],
)
def test_a_mistake_is_named_with_its_path(text: str, message: str) -> None:
    with pytest.raises(DocumentError) as error:
        StepDocument.parse(text)
    assert message in str(error.value)


def test_bytes_that_are_no_utf_8_are_a_mistake_too() -> None:
    with pytest.raises(DocumentError, match="expected JSON in UTF-8"):
        StepDocument.parse(b'{"step": "\xff"}')
