"""`sqnc expr` as a user meets it: values, texts, contexts from files, and mistakes with their place."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sqnc.cli import run

if TYPE_CHECKING:
    from pathlib import Path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = run(["expr", *arguments])
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    return out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    status = run(["expr", *arguments])
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    return err.splitlines()


@pytest.mark.parametrize(
    ("expression", "as_json", "raw"),
    [
        ("format('{0}!', 'hi')", '"hi!"', "hi!"),
        ("${{ 1 < 2 }}", "true", "true"),
        ("1.50", "1.5", "1.5"),
        ("null", "null", ""),
        ("a ${{ 1 }} b ${{ 'c' }}", '"a 1 b c"', "a 1 b c"),
        ("no expression, but ${{ 'one' }}", '"no expression, but one"', "no expression, but one"),
        ("fromJSON('[1]')", "[\n  1\n]", "[\n  1\n]"),
    ],
)
def test_the_value_is_json_or_raw(
    expression: str, as_json: str, raw: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(capsys, expression) == f"{as_json}\n"
    assert printed(capsys, "--raw", expression) == f"{raw}\n"


def test_contexts_come_from_json_or_yaml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contexts = {"github": {"ref": "refs/heads/\U0001f600", "on": [1, None, True]}}
    file = tmp_path / "contexts"
    for text in (json.dumps(contexts), "github:\n  ref: refs/heads/\U0001f600\n  on: [1, ~, true]\n"):
        file.write_text(text)
        assert printed(capsys, "--raw", "github.ref", "--contexts", str(file)) == "refs/heads/\U0001f600\n"
        assert json.loads(printed(capsys, "GitHub.on", "--contexts", str(file))) == [1, None, True]


def test_names_of_env_keep_their_case_as_in_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.yml").write_text("env: {Home: x}\nvars: {Home: x}")
    values = [
        printed(capsys, name, "--contexts", str(tmp_path / "c.yml")) for name in ("env.home", "vars.home")
    ]
    assert values == ["null\n", '"x"\n']


def test_contexts_come_from_standard_input() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sqnc", "expr", "matrix.os", "--contexts", "-"],
        input='{"matrix": {"os": "linux"}}',
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == '"linux"\n'


def test_the_status_is_what_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    expression = "format('{0} {1} {2} {3}', success(), failure(), cancelled(), always())"
    assert printed(capsys, "-r", expression) == "true false false true\n"
    assert printed(capsys, "-r", "--status", "failure", expression) == "false true false true\n"
    assert printed(capsys, "-r", "--status", "cancelled", expression) == "false false true true\n"


def test_hash_files_looks_into_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.lock").write_text("x")
    digest = hashlib.sha256(hashlib.sha256(b"x").digest()).hexdigest()
    assert printed(capsys, "-r", "-C", str(tmp_path), "hashFiles('*.lock')") == f"{digest}\n"
    assert "Invalid glob option --links" in refused(capsys, "hashFiles('--links', '*')")[0]


def test_a_mistake_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "1 == githb.ref") == [
        "Unrecognized named-value: 'githb'. Located at position 6 within expression: 1 == githb.ref",
        "  1 == githb.ref",
        "       ^^^^^",
    ]
    assert refused(capsys, "x ${{ 1 + 2 }}")[-2:] == ["  1 + 2", "    ^"]
    assert refused(capsys, "1 ==\n\tnone")[-2:] == ["  \tnone", "  \t^^^^"]
    assert refused(capsys, "contains('a'")[0].startswith("Unexpected end of expression")


@pytest.mark.parametrize(
    ("expression", "lines"),
    [
        ("'日本' == x", ["  '日本' == x", "            ^"]),
        (
            "1 && " * 40 + "foo" + " && 1" * 40,
            ["  …" + "1 && " * 16 + "foo" + " && 1" * 15 + " &…", " " * 83 + "^^^"],
        ),
    ],
)
def test_the_mark_is_below_the_mistake(
    expression: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, expression)[-2:] == lines


def test_a_value_that_cannot_be_computed_has_githubs_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(refused(capsys, "fromJSON('[')")) >= 1
    assert refused(capsys, "${{ 1")[0].startswith("The expression is not closed.")


@pytest.mark.parametrize("text", ["- a", "", "{"])
def test_contexts_that_are_no_mapping_are_refused_with_their_file(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yml").write_text(text)
    assert refused(capsys, "1", "--contexts", str(tmp_path / "c.yml"))[0].startswith(f"{tmp_path}/c.yml:")
