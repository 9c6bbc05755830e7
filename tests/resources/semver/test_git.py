from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.resources.conftest import Run

from sqnc_resources import semver
from sqnc_resources.errors import ResourceError
from sqnc_resources.semver.number import Number


class Repository:
    """A bare repository whose branch `version` holds other files too."""

    def __init__(self, folder: Path) -> None:
        self.bare, self.work = folder / "versions.git", folder / "work"
        for path, words in ((self.bare, ["--bare"]), (self.work, [])):
            subprocess.run(["git", "init", "-q", "-b", "version", *words, str(path)], check=True)
        self.commit("README", "read me")

    def git(self, *words: str) -> str:
        command = ["git", "-C", str(self.work), "-c", "user.name=n", "-c", "user.email=e", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, name: str, content: str) -> None:
        path = self.work / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "by hand")
        self.git("push", "-q", str(self.bare), "version")

    def log(self, form: str) -> list[str]:
        self.git("fetch", "-q", str(self.bare), "version")
        self.git("reset", "-q", "--hard", "FETCH_HEAD")
        return self.git("log", f"--format={form}").splitlines()

    def source(self, **more: object) -> semver.Source:
        given: dict[str, object] = {"driver": "git", "uri": f"file://{self.bare}", "branch": "version"}
        return semver.Source(**given, file="release/number", **more)  # type: ignore[arg-type]  # as a test says


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def check(source: semver.Source, since: str = "") -> list[str]:
    version = semver.Version(Number.parse(since)) if since else None
    return [str(found.number) for found in semver.check(source, version)]


def put(source: semver.Source, folder: Path, **params: object) -> str:
    result = semver.put(source, semver.PutParams(**params), folder)  # type: ignore[arg-type]  # as a test says
    assert result.metadata == {"number": str(result.version.number)}
    return str(result.version.number)


def test_before_there_is_a_number_it_is_the_initial_one(repository: Repository) -> None:
    assert check(repository.source()) == ["0.0.0"]
    assert check(repository.source(initial_version=Number.parse("1.0.0-rc.1"))) == ["1.0.0-rc.1"]


def test_a_check_tells_the_number_that_is_there(repository: Repository) -> None:
    repository.commit("release/number", "1.2.3 and more\n")
    assert check(repository.source()) == ["1.2.3"]
    assert check(repository.source(), "1.2.3") == ["1.2.3"]
    assert check(repository.source(), "2.0.0") == ["1.2.3"]


def test_a_check_from_an_older_number_goes_through_the_history(repository: Repository) -> None:
    for number in ("0.9.0", "1.0.0", "nonsense", "1.1.0", "1.1.1", "2.0.0"):
        repository.commit("release/number", number)
        repository.commit("README", f"of {number}")
    assert check(repository.source(), "1.1.0") == ["1.1.0", "1.1.1", "2.0.0"]
    assert check(repository.source(), "0.1.0") == ["0.9.0", "1.0.0", "1.1.0", "1.1.1", "2.0.0"]


def test_a_long_history_is_fetched_in_a_few_steps(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 600
    stream = "".join(
        f"commit refs/heads/version\ncommitter a <a@e> {1700000000 + number} +0000\ndata 1\nx\n"
        f"M 644 inline release/number\ndata <<END\n0.{number}.0\nEND\n"
        for number in range(count)
    )
    command = ["git", "-C", str(repository.bare), "fast-import", "--quiet", "--force"]
    subprocess.run(command, input=stream, text=True, check=True)
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        subprocess.run(["git", "-C", str(repository.bare), "config", key, "true"], check=True)
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    assert check(repository.source(), "0.5.0") == [f"0.{number}.0" for number in range(5, count)]
    assert (tmp_path / "trace").read_text().count("built-in: git upload-pack") < 10


def test_a_file_that_was_removed_starts_anew(repository: Repository) -> None:
    repository.commit("release/number", "1.2.3")
    repository.git("rm", "-q", "release/number")
    repository.git("commit", "-q", "-m", "start anew")
    repository.git("push", "-q", str(repository.bare), "version")
    assert check(repository.source(initial_version=Number.parse("2.0.0")), "1.0.0") == ["2.0.0"]
    repository.commit("release/number", "2.1.0")
    assert check(repository.source(), "1.0.0") == ["1.2.3", "2.1.0"]


def test_what_a_merge_brings_is_in_the_history(repository: Repository) -> None:
    repository.commit("release/number", "1.0.0")
    repository.git("checkout", "-q", "-b", "fix")
    repository.commit("release/number", "1.0.1")
    repository.git("checkout", "-q", "version")
    repository.commit("release/number", "1.1.0")
    subprocess.run(
        ["git", "-C", str(repository.work), "merge", "-q", "fix"], check=False, capture_output=True
    )
    repository.commit("release/number", "1.1.1")
    assert check(repository.source(), "1.1.0")[-1] == "1.1.1"
    assert len(repository.git("rev-list", "--parents", "-1", "HEAD").split()) == 3


@pytest.mark.parametrize("content", ["", " \n"])
def test_an_empty_file_is_no_number_yet(repository: Repository, tmp_path: Path, content: str) -> None:
    repository.commit("release/number", content)
    source = repository.source(initial_version=Number.parse("1.0.0"))
    assert check(source) == check(source, "0.5.0") == ["1.0.0"]
    assert put(source, tmp_path, bump="patch") == "1.0.1"


@pytest.mark.parametrize("file", ["./number", "/number", "release//number", "new/folder/number"])
def test_a_file_may_be_written_in_several_ways(repository: Repository, tmp_path: Path, file: str) -> None:
    source = replace(repository.source(), file=file)
    assert put(source, tmp_path, bump="minor") == "0.1.0"
    assert check(source) == ["0.1.0"]
    repository.log("%H")
    assert (repository.work / file.strip("/")).read_text() == "0.1.0\n"


@pytest.mark.parametrize("file", ["../number", "a/../number", "/", ".git"])
def test_a_file_is_in_the_repository(repository: Repository, file: str) -> None:
    with pytest.raises(ValueError, match=r"source.file: .* expected a file of the repository"):
        replace(repository.source(), file=file)


def test_without_the_branch_there_is_no_number(repository: Repository, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "empty")], check=True)
    for source in (
        replace(repository.source(), branch="none"),
        replace(repository.source(), uri=f"file://{tmp_path}/empty"),
    ):
        for act in (lambda: check(source), lambda: put(source, tmp_path, bump="patch")):  # noqa: B023  (at once)
            with pytest.raises(ResourceError, match=f"the repository has no branch `{source.branch}`"):
                act()


def test_what_is_no_number_is_told_with_its_place(repository: Repository) -> None:
    repository.commit("release/number", "one\n")
    with pytest.raises(ResourceError, match=r"release/number: expected a semantic version .*, got `one`"):
        check(repository.source())


def test_a_get_writes_the_number_to_two_files(
    repository: Repository, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    version = semver.Version(Number.parse("1.2.3"))
    result = semver.get(repository.source(), version, semver.GetParams("minor", pre="rc"), tmp_path)
    assert (tmp_path / "number").read_bytes() == (tmp_path / "version").read_bytes() == b"1.3.0-rc.1"
    assert result.version == version
    assert result.metadata == {"number": "1.2.3"}
    assert "bumped locally from 1.2.3 to 1.3.0-rc.1" in capfd.readouterr().err


def test_a_put_bumps_what_is_there(repository: Repository, tmp_path: Path) -> None:
    source = repository.source(initial_version=Number.parse("1.0.0"))
    assert put(source, tmp_path, bump="minor") == "1.1.0"
    assert put(source, tmp_path, pre="rc") == "1.1.0-rc.1"
    assert put(source, tmp_path, bump="final", build="x") == "1.1.0+x.1"
    told = repository.log("%s")
    assert told[:3] == ["bump to 1.1.0+x.1", "bump to 1.1.0-rc.1", "bump to 1.1.0"]
    assert (repository.work / "release/number").read_text() == "1.1.0+x.1\n"
    assert (repository.work / "README").exists()


def test_a_put_sets_what_a_file_holds(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "new").write_text("  3.0.0 \n")
    source = repository.source(
        git_user="Gogh Fir <gf@example.com>", commit_message="%file% is %version% [ci skip]"
    )
    assert put(source, tmp_path, file="new") == "3.0.0"
    assert repository.log("%cn <%ce> %s")[0] == "Gogh Fir <gf@example.com> release/number is 3.0.0 [ci skip]"


def test_the_same_number_is_no_commit(
    repository: Repository, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "new").write_text("3.0.0")
    put(repository.source(), tmp_path, file="new")
    commits = len(repository.log("%H"))
    assert put(repository.source(), tmp_path, file="new") == "3.0.0"
    assert len(repository.log("%H")) == commits
    assert "Nothing to commit, skipping version push" in capfd.readouterr().err


def test_get_latest_changes_nothing(repository: Repository, tmp_path: Path) -> None:
    repository.commit("release/number", "1.2.3")
    commits = len(repository.log("%H"))
    assert put(repository.source(), tmp_path, get_latest=True, bump="major") == "1.2.3"
    assert len(repository.log("%H")) == commits


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "new: No such file"),
        ("x", "params.file: new: .* got `x`"),
        ("", "params.file: new: .* got ``"),
        ("v1.2.3", "params.file: new: .* got `v1.2.3`"),
    ],
)
def test_a_file_without_a_number_is_told(
    repository: Repository, tmp_path: Path, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "new").write_text(content)
    with pytest.raises(ResourceError, match=message):
        put(repository.source(), tmp_path, file="new")


def test_a_file_is_among_the_inputs(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    for folder in (tmp_path, tmp_path / "inputs"):
        (folder / "new").write_text("1.0.0 and more\n")
    assert put(repository.source(), tmp_path / "inputs", file="/new") == "1.0.0"
    with pytest.raises(ResourceError, match="expected a path inside the inputs"):
        put(repository.source(), tmp_path / "inputs", file="../new")


@pytest.mark.parametrize("given", [1, 1.5, "1.2", "v1.2.3", "latest"])
def test_an_initial_version_that_is_none_is_told(repository: Repository, run: Run, given: object) -> None:
    source = {"driver": "git", "uri": f"file://{repository.bare}", "branch": "version", "file": "number"}
    answer = run("check", "semver", {"source": {**source, "initial_version": given}})
    assert (answer.status, answer.stdout) == (2, "")
    assert (
        f"source.initial_version: expected a semantic version such as 1.2.3 or 1.2.3-rc.1, got `{given}`"
        in (answer.stderr)
    )


def test_of_many_writers_at_once_no_two_get_the_same_number(repository: Repository) -> None:
    count = 6
    source = {"driver": "git", "uri": f"file://{repository.bare}", "branch": "version", "file": "number"}
    request = json.dumps({"source": source, "params": {"bump": "patch"}})
    command = [sys.executable, "-m", "sqncshim", "resource", "out", "semver", "/"]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for process in running:
        assert process.stdin
        process.stdin.write(request)
        process.stdin.close()
        process.stdin = None  # so that `communicate` reads alone
    answers = [json.loads(process.communicate()[0]) for process in running]
    numbers = sorted(answer["version"]["number"] for answer in answers)
    assert numbers == [f"0.0.{number}" for number in range(1, count + 1)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"driver": "git"}, "source.uri: the git driver needs it"),
        ({"driver": "git", "uri": "u", "branch": "b"}, "source.file: the git driver needs it"),
        ({}, "source.bucket: the s3 driver needs it"),
        ({"driver": "gcs"}, "source.driver: gcs is not supported: expected git or s3"),
        ({"driver": "swift", "openstack": {"a": 1}}, "source.driver: swift is not supported"),
    ],
)
def test_each_driver_has_keys_that_it_needs(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        semver.Source(**given)  # type: ignore[arg-type]  # as a test says


def test_a_put_has_something_to_do() -> None:
    with pytest.raises(ValueError, match="no version bump specified"):
        semver.PutParams()
