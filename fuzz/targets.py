"""What is fuzzed: each target takes any bytes, and raises only where a promise of actions_compat is broken.

The promise: any text gives a value or a typed error, and chunk boundaries change nothing. That it takes
bounded time and memory is the fuzzer's to watch.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from actions_compat.action import ActionErrors, read_action
from actions_compat.commands import Command, CommandParser
from actions_compat.conditions import Condition, status_functions
from actions_compat.cron import Cron, CronError
from actions_compat.effects import CommandState
from actions_compat.expressions import Expression, ExpressionError, evaluate, to_text
from actions_compat.file_commands import FileCommandError, parse_env, parse_path
from actions_compat.globs import Glob, GlobError
from actions_compat.inputs import InputError, input_values
from actions_compat.masking import Masker, SecretSet
from actions_compat.matchers import MatcherError, MatcherSet, parse_matchers
from actions_compat.matrix import MatrixError, expand, job_name
from actions_compat.nodes import WorkflowError, WorkflowErrors, resolve
from actions_compat.patterns import PatternError, all_ignored, any_selected, parse_pattern
from actions_compat.secret_forms import secret_forms
from actions_compat.shells import ShellError, shell_argv
from actions_compat.step_ids import step_ids
from actions_compat.templates import Template
from actions_compat.triggers import Event, mismatch
from actions_compat.uses import UsesError, parse_uses
from actions_compat.workflow import BACKGROUND_STEPS, Workflow, read_job, read_step, read_workflow
from actions_compat.yaml_tree import read_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_EVENT: Final = {"head_commit": {"message": "a 'b'", "n": 1.5}, "list": [{"a": 1}, {"a": None}, [True]]}
_CONTEXTS: Final = {
    "github": {"ref": "refs/heads/main", "event": _EVENT, "event_name": "push"},
    "matrix": {"os": "linux", "n": 3},
    "env": {"A": "b"},
    "text": "",
    "nothing": None,
}
_FUNCTIONS: Final = {**status_functions("success"), "hashFiles": lambda *_: "digest"}


def expressions(data: bytes) -> None:
    text = _text(data)
    with suppress(ExpressionError):
        value = evaluate(text, _CONTEXTS, functions=_FUNCTIONS)
        to_text(value)
        again = Expression.parse(text).evaluate(_CONTEXTS, functions=_FUNCTIONS)
        assert repr(again) == repr(value), "parsed before, it comes to something else"
    with suppress(ExpressionError):
        Expression.parse(text, contexts=("github",), functions=("always", "hashFiles"))
    with suppress(ExpressionError):
        assert isinstance(Condition.parse(text).holds(_CONTEXTS, _FUNCTIONS), bool)


def templates(data: bytes) -> None:
    with suppress(ExpressionError):
        assert isinstance(Template.parse(_text(data)).render(_CONTEXTS, functions=_FUNCTIONS), str)


def json_values(data: bytes) -> None:
    contexts = {"text": _text(data)}
    for strict in (True, False):
        with suppress(ExpressionError):
            value = evaluate("fromJSON(text)", contexts, strict_json=strict)
            assert isinstance(evaluate("toJSON(value)", {"value": value}), str)


def yaml(data: bytes) -> None:
    with suppress(WorkflowError):
        read_yaml(_text(data), file="f.yml")


def workflows(data: bytes) -> None:
    text = _text(data)
    _read_strictly(lambda: read_workflow(text, file="f.yml", strict=True))
    for reader in (read_job, read_step):
        with suppress(WorkflowErrors):
            reader(text, file="f.yml")
    try:
        workflow = read_workflow(text, file="f.yml", extensions=BACKGROUND_STEPS)
    except WorkflowErrors as errors:
        assert errors.errors
        assert str(errors)
        assert errors.github
        return
    _use(workflow)


def actions(data: bytes) -> None:
    text = _text(data)
    _read_strictly(lambda: read_action(text, file="action.yml", strict=True))
    with suppress(ActionErrors):
        read_action(text, file="action.yml")


def triggers(data: bytes) -> None:
    with suppress(WorkflowErrors):
        text = f"jobs: {{a: {{runs-on: x}}}}\non:\n{_text(data)}"
        _use(read_workflow(text, file="f.yml"))


def commands(data: bytes) -> None:
    cuts, output = _cuts(data)
    whole = _parsed([output])
    assert whole == _parsed(_cut(output, cuts)), "a chunk boundary changed the pieces"
    assert b"".join(piece if isinstance(piece, bytes) else piece.line for piece in whole) == output
    state = CommandState({"ACTIONS_ALLOW_UNSECURE_COMMANDS": "true"})
    for piece in whole:
        if isinstance(piece, Command):
            state.apply(piece)


def file_commands(data: bytes) -> None:
    with suppress(FileCommandError):
        for name, value in parse_env(data):
            assert isinstance(name, str)
            assert isinstance(value, str)
    assert all(parse_path(data))


def masker(data: bytes) -> None:
    cuts, rest = _cuts(data)
    secrets, _, output = rest.partition(b"\0")
    words = [word for word in secrets.decode("utf-8", "surrogateescape").split("\x01") if word][:6]
    expected = masked_plainly({form for word in words for form in secret_forms(word)}, output)
    one = Masker(SecretSet(words))
    got = b"".join([*map(one.feed, _cut(output, cuts)), one.flush()])
    assert got == expected, "a secret got past, or more than the secrets was masked"
    text = output.decode("utf-8", "surrogateescape")
    assert isinstance(Masker(words).mask(text), str)


def matchers(data: bytes) -> None:
    config, _, lines = data.partition(b"\0")
    with suppress(MatcherError):
        parse_matchers(config)  # its expressions are the user's, and some of them take for ever
    found = MatcherSet(parse_matchers(_MATCHERS))
    for line in lines.decode("utf-8", "surrogateescape").split("\n"):
        found.match(line)


def globs(data: bytes) -> None:
    pattern, _, path = _text(data).partition("\0")
    with suppress(GlobError):
        glob = Glob.parse(pattern, "/tree")
        for one in glob.with_descendants():
            for place in (f"/tree/{path}", "/tree/a/b.txt", "/tree"):
                if one.match(place) and not one.negated:
                    assert one.may_match_below(place.rpartition("/")[0] or "/"), (
                        "the search would not get there"
                    )


def patterns(data: bytes) -> None:
    pattern, _, name = _text(data).partition("\0")
    with suppress(PatternError):
        parse_pattern(pattern).fits(name)
        several = pattern.split("\n")
        any_selected(several, [name, "main"])
        all_ignored(several, [name, "main"])


def words(data: bytes) -> None:
    """The short texts of a step, `uses` and `shell`, and of a schedule."""
    text = _text(data)
    with suppress(CronError):
        assert Cron.parse(text).minutes
    with suppress(UsesError):
        parse_uses(text)
    with suppress(ShellError):
        assert shell_argv(text, "/script")


TARGETS: Final[Mapping[str, Callable[[bytes], None]]] = {
    target.__name__.replace("_", "-"): target
    for target in (
        expressions,
        templates,
        json_values,
        yaml,
        workflows,
        actions,
        triggers,
        commands,
        file_commands,
        masker,
        matchers,
        globs,
        patterns,
        words,
    )
}


_MATCHERS: Final = """{"problemMatcher": [
  {"owner": "one", "severity": "warning", "pattern": [
    {"regexp": "^([^:]+):(\\\\d+):(\\\\d+): (error|note): (.*)$",
     "file": 1, "line": 2, "column": 3, "severity": 4, "message": 5}]},
  {"owner": "several", "pattern": [
    {"regexp": "^(\\\\S+)$", "file": 1},
    {"regexp": "^ +(\\\\d+) (.+?)(?: \\\\[(.+)\\\\])?$",
     "line": 1, "message": 2, "fromPath": 3, "loop": true}]}
]}"""

_EVENTS: Final = (
    Event("push", ref="refs/heads/main", changed_paths=("a/b.txt",)),
    Event("push", ref="refs/tags/v1"),
    Event("pull_request", base_ref="main", action="opened", changed_paths=()),
    Event("schedule", cron="0 0 * * *"),
    Event("workflow_run", head_branch="main", workflow="CI", action="completed"),
)


def _text(data: bytes) -> str:
    """Any text: bytes that are not UTF-8 become lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def _read_strictly(read: Callable[[], object]) -> None:
    try:
        read()
    except WorkflowErrors as errors:
        assert errors.errors
        assert all(str(error) and error.github for error in errors.errors)


def _use(workflow: Workflow) -> None:
    """What an engine asks of a workflow: each answer is a value or a typed error."""
    for event in _EVENTS:
        mismatch(workflow.on, event)
    for trigger in workflow.on.events.values():
        with suppress(InputError):
            input_values(trigger.inputs, {"a": "1"}, {})
    for job in workflow.jobs.values():
        step_ids(job.steps)
        with suppress(ExpressionError):
            Condition.parse(job.if_.text if job.if_ else "")
        if job.strategy:
            with suppress(WorkflowError, MatrixError):
                for leg in expand(resolve(job.strategy.matrix, _CONTEXTS)):
                    job_name(job.id, leg)


def _cuts(data: bytes) -> tuple[list[int], bytes]:
    """Lengths of chunks, of which the first byte says how many there are, and the bytes behind them."""
    count = data[0] % 16 if data else 0
    return list(data[1 : 1 + count]), data[1 + count :]


def _cut(output: bytes, lengths: Iterable[int]) -> list[bytes]:
    chunks = []
    for length in lengths:
        chunks.append(output[:length])
        output = output[length:]
    return [*chunks, output]


def _parsed(chunks: Iterable[bytes]) -> list[bytes | Command]:
    """All pieces, with text that lies between the same commands joined."""
    parser = CommandParser()
    joined: list[bytes | Command] = []
    for piece in [piece for chunk in chunks for piece in parser.feed(chunk)] + parser.flush():
        last = joined[-1] if joined else None
        if isinstance(piece, bytes) and isinstance(last, bytes):
            joined[-1] = last + piece
        elif piece:
            joined.append(piece)
    return joined


def masked_plainly(forms: Iterable[bytes], text: bytes) -> bytes:
    """The definition, as slow as it is plain: mark the bytes of each occurrence, write each run as a mask."""
    marked = bytearray(len(text))
    for form in forms:
        place = text.find(form)
        while place >= 0:
            marked[place : place + len(form)] = b"\1" * len(form)
            place = text.find(form, place + 1)
    runs = bytearray()
    for place, byte in enumerate(text):
        if not marked[place]:
            runs.append(byte)
        elif place == 0 or not marked[place - 1]:
            runs += b"***"
    return bytes(runs)
