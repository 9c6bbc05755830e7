"""The mock resource type does what Concourse's does, key by key."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sqnc_resources import ResourceError, mock
from sqnc_resources.durations import Duration

if TYPE_CHECKING:
    from conftest import Run

PLAIN = {"version": "mock"}


@pytest.fixture(autouse=True)
def in_a_user_namespace(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What an unprivileged container sees in its process table; return the file."""
    ranges = tmp_path / "uid_map"
    ranges.write_text("         0     100000      65536\n")
    real = open

    def opened(file: object, *arguments: object) -> object:
        return real(ranges if file == "/proc/self/uid_map" else file, *arguments)  # type: ignore[call-overload]  # whatever `open` takes

    monkeypatch.setattr(mock, "open", opened, raising=False)
    return ranges


def versions(source: mock.Source, since: mock.Version | None = None) -> list[str]:
    return [version.version for version in mock.check(source, since)]


def test_the_first_version_is_mock() -> None:
    assert mock.check(mock.Source(), None) == [mock.Version("mock")]


def test_the_first_version_is_the_one_of_the_image_that_was_mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRRORED_VERSION", "3")
    assert versions(mock.Source()) == ["3"]
    assert versions(mock.Source(initial_version="4")) == ["4"]


def test_a_version_that_is_there_is_found_again() -> None:
    assert versions(mock.Source(initial_version="1"), mock.Version("2")) == ["2"]


def test_no_initial_version_finds_nothing_until_somebody_names_one() -> None:
    assert versions(mock.Source(no_initial_version=True)) == []
    assert versions(mock.Source(no_initial_version=True), mock.Version("2")) == ["2"]


def test_a_forced_version_is_found_whatever_was_there() -> None:
    source = mock.Source(force_version="9", no_initial_version=True)
    assert versions(source) == versions(source, mock.Version("2")) == ["9"]


def test_a_privileged_container_marks_its_versions(in_a_user_namespace: Path, tmp_path: Path) -> None:
    in_a_user_namespace.write_text("         0          0 4294967295\n")
    assert mock.check(mock.Source(), None) == [mock.Version("mock", "true")]
    assert mock.check(mock.Source(), mock.Version("2")) == [mock.Version("2", "true")]
    mock.get(mock.Source(), mock.Version("2"), mock.GetParams(), tmp_path)
    assert (tmp_path / "privileged").read_text() == "true\n"
    assert mock.put(mock.Source(), mock.PutParams(version="3"), tmp_path).version.privileged == "true"


def test_check_takes_as_long_as_it_is_told_to() -> None:
    began = time.monotonic()
    versions(mock.Source(check_delay=Duration.parse("120ms")))
    assert time.monotonic() - began >= 0.12


def test_check_fails_with_the_message_it_is_told_after_its_delay() -> None:
    began = time.monotonic()
    with pytest.raises(ResourceError, match="intentionally failing to check: no luck"):
        mock.check(mock.Source(check_failure="no luck", check_delay=Duration.parse("50ms")), None)
    assert time.monotonic() - began >= 0.05


def test_get_writes_the_version_and_whether_it_is_privileged(tmp_path: Path) -> None:
    source = mock.Source(metadata=(mock.MetadataField("a", "1"), mock.MetadataField("a", "2")))
    result = mock.get(source, mock.Version("7"), mock.GetParams(), tmp_path / "deep")
    assert result.version == mock.Version("7")
    assert result.metadata == (("a", "1"), ("a", "2"))
    assert (tmp_path / "deep" / "version").read_text() == "7\n"
    assert (tmp_path / "deep" / "privileged").read_text() == "false\n"


def test_get_makes_the_files_of_the_source_and_those_of_the_params_instead(tmp_path: Path) -> None:
    content = {"b": [1, 12345678901234567890], "a": "<&>"}
    source = mock.Source(
        create_files={"x": "source", "sub/run.sh": "echo START_VARnameEND_VAR", "j": content}
    )
    mock.get(source, mock.Version("7"), mock.GetParams(create_files_via_params={"x": "params"}), tmp_path)
    assert (tmp_path / "x").read_text() == "params"
    assert (tmp_path / "sub" / "run.sh").read_text() == "echo ((name))"
    assert (tmp_path / "j").read_text() == r'{"a":"\u003c\u0026\u003e","b":[1,12345678901234567890]}'


@pytest.mark.parametrize("path", ["../x", "a/../../x", ".."])
def test_get_makes_no_file_outside_its_folder(path: str, tmp_path: Path) -> None:
    (folder := tmp_path / "folder").mkdir()
    with pytest.raises(ResourceError, match="inside the folder"):
        mock.get(mock.Source(create_files={path: "x"}), mock.Version("7"), mock.GetParams(), folder)
    assert not (tmp_path / "x").exists()


def test_an_absolute_path_lies_in_the_folder(tmp_path: Path) -> None:
    mock.get(mock.Source(create_files={"/etc/x": "y"}), mock.Version("7"), mock.GetParams(), tmp_path)
    assert (tmp_path / "etc" / "x").read_text() == "y"


@pytest.mark.parametrize("source", [True, False], ids=["source", "params"])
def test_get_makes_an_image_of_what_it_runs_in(
    source: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    for folder in ("bin", "proc", "work/inside"):
        (root / folder).mkdir(parents=True)
    (root / "bin" / "tool").write_text("#!")
    (root / "bin" / "tool").chmod(0o755)
    (root / "bin" / "link").symlink_to("tool")
    (root / "proc" / "1").write_text("x")
    (root / "work" / "beside").write_text("x")
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda place: real(root if place == "/" else place))
    monkeypatch.setattr(mock, "_NOT_MIRRORED", frozenset({str(root / "proc")}))
    folder = root / "work" / "inside"
    mock.get(
        mock.Source(mirror_self=source),
        mock.Version("7"),
        mock.GetParams(mirror_self_via_params=not source),
        folder,
    )
    found = folder / "rootfs"
    assert json.loads((folder / "metadata.json").read_text()) == {
        "env": ["MIRRORED_VERSION=7"],
        "user": "root",
    }
    assert (found / "bin" / "tool").stat().st_mode & 0o777 == 0o755
    assert (found / "bin" / "link").readlink() == Path("tool")
    assert list((found / "proc").iterdir()) == []
    assert (found / "work" / "beside").exists()
    assert list((found / "work" / "inside").iterdir()) == []


def test_put_takes_the_version_of_its_params(tmp_path: Path) -> None:
    source = mock.Source(metadata=(mock.MetadataField("a", "1"),))
    result = mock.put(source, mock.PutParams(version="5", file="absent"), tmp_path)
    assert (result.version, result.metadata) == (mock.Version("5"), (("a", "1"),))


def test_put_takes_the_whole_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "version").write_text("5\n")
    assert mock.put(mock.Source(), mock.PutParams(file="input/version"), tmp_path).version.version == "5\n"


def test_the_file_of_a_put_is_inside_its_inputs(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("5")
    (tmp_path / "inputs/repo").mkdir(parents=True)
    (tmp_path / "inputs/repo/link").symlink_to(tmp_path / "secret")
    for file in ("repo/link", "../secret"):
        with pytest.raises(ResourceError, match=f"^{file}: expected a path inside the inputs"):
            mock.put(mock.Source(), mock.PutParams(file=file), tmp_path / "inputs")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (mock.PutParams(), "no version specified"),
        (mock.PutParams(file="input/v"), "error reading version from file input/v: .*No such file"),
    ],
)
def test_put_says_what_it_lacks(params: mock.PutParams, message: str, tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=message):
        mock.put(mock.Source(), params, tmp_path)


def test_the_log_is_written_by_every_action(run: Run, tmp_path: Path) -> None:
    source = {"log": "here I am"}
    answers = [
        run("check", "mock", {"source": source}),
        run("in", "mock", {"source": source, "version": PLAIN}, tmp_path),
        run("out", "mock", {"source": source, "params": {"version": "2"}}, tmp_path),
    ]
    assert [answer.status for answer in answers] == [0, 0, 0]
    assert [answer.stderr.splitlines()[0] for answer in answers] == ["here I am"] * 3


def test_put_shows_the_environment(run: Run, tmp_path: Path) -> None:
    env = {**os.environ, "BUILD_NAME": "12"}
    answer = run("out", "mock", {"params": {"version": "2", "print_env": True}}, tmp_path, env=env)
    assert answer.value["version"]["version"] == "2"
    assert "env: BUILD_NAME=12\n" in answer.stderr
    assert "pushing version: 2\n" in answer.stderr


def test_a_failing_check_is_a_failure_without_an_answer(run: Run) -> None:
    answer = run("check", "mock", {"source": {"check_failure": "no luck"}})
    assert (answer.status, answer.value) == (1, None)
    assert answer.stderr == "error: intentionally failing to check: no luck\n"


def test_an_unknown_key_and_a_wrong_delay_are_named(run: Run) -> None:
    answer = run("check", "mock", {"source": {"forced_version": "1", "check_delay": "1 day"}})
    assert answer.status == 2
    assert "source.forced_version: unknown key, did you mean `force_version`?" in answer.stderr
    assert "source.check_delay: expected a duration such as 90s, 5m or 1h30m, got `1 day`" in answer.stderr


def test_a_whole_get_through_the_program(run: Run, tmp_path: Path) -> None:
    request = {
        "source": {"create_files": {"f": {"deep": [1]}}, "metadata": [{"name": "n", "value": "v"}]},
        "version": {"version": "3", "from": "a later release"},
    }
    answer = run("in", "mock", request, tmp_path / "new")
    assert answer.value["version"] == request["version"]
    assert answer.value["metadata"] == [{"name": "n", "value": "v"}]
    assert (tmp_path / "new" / "f").read_text() == '{"deep":[1]}'


def test_a_real_tree_is_copied_with_its_owners(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    os.mkfifo(tmp_path / "tree" / "pipe")
    mock._copy(str(tmp_path / "tree"), str(tmp_path / "copy"))
    assert subprocess.run(["test", "-p", tmp_path / "copy" / "pipe"], check=False).returncode == 0
    with pytest.raises(ResourceError, match="failed to copy"):
        mock._copy(str(tmp_path / "absent"), str(tmp_path / "copy2"))
