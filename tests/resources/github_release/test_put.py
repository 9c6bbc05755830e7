"""A put publishes a release with all its assets, or says that it did not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faults import interrupted
from tests.resources.faulty_server import Answer, Received
from tests.resources.github_release.fake_github import REPOSITORY, FakeGitHub

from sqnc_resources import ResourceError, Result
from sqnc_resources.github_release import PutParams, Version, put
from sqnc_resources.reading import read
from sqnc_resources.web import StatusError, WebError

if TYPE_CHECKING:
    from tests.resources.conftest import Run
    from tests.resources.github_release.conftest import Described, Made

DATA = os.urandom(300_000)
PLAIN = {"name": "in/name", "tag": "in/tag"}
WITH_FILES = {**PLAIN, "globs": ["built/*.tgz", "built/notes.txt"]}
UPLOADS = f"{REPOSITORY}/releases/1/assets"


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    folder = tmp_path / "inputs"
    for name, data in {
        "in/name": b"Release 1.2.3\n", "in/tag": b"1.2.3\n", "in/body": b"\nwhat is new\n\n",
        "in/commit": b"main\n",
        "built/a.tgz": DATA, "built/b.tgz": b"", "built/notes.txt": b"notes", "other/a.tgz": b"x",
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def sent(made: Made, inputs: Path, params: dict[str, Any] | None = None, **keys: Any) -> Result[Version]:
    return put(made(**keys), read(PutParams, params or PLAIN, "params", []), inputs)


def assets(github: FakeGitHub, index: int = 0) -> dict[str, bytes]:
    return {asset["name"]: github.bytes[asset["id"]] for asset in github.releases[index]["assets"]}


def bodies(github: FakeGitHub, method: str) -> list[Any]:
    return [json.loads(one.body) for one in github.server.asked(method) if one.path.count("assets") == 0]


def test_a_release_is_made_in_one_step_where_it_has_no_assets(
    made: Made, github: FakeGitHub, inputs: Path
) -> None:
    params: dict[str, Any] = {**PLAIN, "tag_prefix": "v", "body": "in/body", "commitish": "in/commit"}
    params |= {"generate_release_notes": True}
    result = sent(made, inputs, params)
    assert bodies(github, "POST") == [
        {
            "tag_name": "v1.2.3", "name": "Release 1.2.3", "body": "what is new", "target_commitish": "main",
            "draft": False, "prerelease": False, "generate_release_notes": True,
        }
    ]  # fmt: skip
    assert (result.version.tag, result.version.id) == ("v1.2.3", "1")
    assert result.metadata[2] == {"name": "body", "value": "what is new\n\n## What's Changed"}  # type: ignore[index]  # a list, where names repeat
    assert github.calls == ["GET /releases", "POST /releases"]


def test_nobody_finds_a_release_before_it_has_its_assets(
    made: Made, github: FakeGitHub, inputs: Path
) -> None:
    seen: list[bool] = []

    def upload(asked: Received) -> Answer:
        seen.append(github.releases[0]["draft"])
        return github._upload(asked, "1")

    github.server.on("POST", UPLOADS, upload)
    result = sent(made, inputs, WITH_FILES)
    assert seen == [True, True, True]
    assert assets(github) == {"a.tgz": DATA, "b.tgz": b"", "notes.txt": b"notes"}
    assert bodies(github, "PATCH") == [{"draft": False}]
    assert github.releases[0]["draft"] is False
    assert str(result.version.timestamp) == "2024-02-02T02:02:02Z"
    kinds = [one.headers["content-type"] for one in github.server.asked("POST", UPLOADS)]
    assert kinds == ["application/octet-stream"] * 2 + ["text/plain"]


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({}, (False, False)),
        ({"drafts": True}, (True, False)),
        ({"pre_release": True, "release": False}, (False, True)),
        ({"pre_release": True}, (False, False)),
        ({"release": False}, (False, False)),
    ],
)
def test_the_source_says_what_kind_of_release_it_is(
    keys: dict[str, bool], kind: tuple[bool, bool], made: Made, all_of_it: tuple[FakeGitHub, Path]
) -> None:
    github, inputs = all_of_it
    metadata = sent(made, inputs, WITH_FILES, **keys).metadata
    release = github.releases[0]
    assert (release["draft"], release["prerelease"]) == kind
    names = [entry["name"] for entry in metadata if isinstance(entry, dict)]
    assert ("draft" in names, "pre-release" in names) == kind
    assert len(release["assets"]) == 3


@pytest.fixture
def all_of_it(github: FakeGitHub, inputs: Path) -> tuple[FakeGitHub, Path]:
    """GitHub, and the inputs."""
    return github, inputs


def test_a_release_that_is_there_is_changed_and_its_assets_replaced(
    made: Made, github: FakeGitHub, inputs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    there = github.add("1.2.3", body="its text", target_commitish="old")
    github.attach(there, "a.tgz", b"old")
    github.attach(there, "gone.tgz", b"old")
    result = sent(made, inputs, WITH_FILES)
    assert (len(github.releases), there["name"], there["body"], there["target_commitish"]) == (
        1, "Release 1.2.3", "its text", "old",
    )  # fmt: skip
    assert assets(github) == {"a.tgz": DATA, "b.tgz": b"", "notes.txt": b"notes"}
    assert bodies(github, "PATCH")[0]["draft"] is False
    assert result.version.id == "1"
    assert capfd.readouterr().err.splitlines()[:3] == [
        "clearing existing asset: a.tgz",
        "clearing existing asset: gone.tgz",
        "updating release Release 1.2.3",
    ]


def test_a_draft_that_was_left_is_gone_on_with(made: Made, github: FakeGitHub, inputs: Path) -> None:
    there = github.add("1.2.3", draft=True, published_at=None)
    github.attach(there, "a.tgz", b"", state="starter")
    sent(made, inputs, {**WITH_FILES, "body": "in/body"})
    assert (len(github.releases), there["draft"], there["body"]) == (1, False, "what is new")
    assert [fields["draft"] for fields in bodies(github, "PATCH")] == [True, False]
    assert assets(github)["a.tgz"] == DATA


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({**PLAIN, "globs": ["built/*.zip"]}, "could not find file that matches glob 'built/.*.zip'"),
        ({**PLAIN, "globs": ["*/a.tgz"]}, "two files are called a.tgz"),
        ({**PLAIN, "globs": ["buil*"]}, "`buil.` matches built: expected a file"),
        ({**PLAIN, "globs": ["../*"]}, "expected a path inside the inputs"),
        ({**PLAIN, "tag": "built/b.tgz"}, "built/b.tgz is empty: expected the name of a tag"),
        ({**PLAIN, "name": "absent"}, "absent: No such file"),
        ({**PLAIN, "body": "absent"}, "absent: No such file"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_anything_changes(
    params: dict[str, Any], message: str, made: Made, all_of_it: tuple[FakeGitHub, Path]
) -> None:
    github, inputs = all_of_it
    with pytest.raises(ResourceError, match=message):
        sent(made, inputs, params)
    assert github.calls == []


def test_uploads_go_where_the_source_says(
    described: Described, github: FakeGitHub, inputs: Path, run: Run
) -> None:
    uploaded = {"id": 9, "name": "notes.txt", "size": 5, "state": "uploaded"}
    github.objects.on("POST", f"/up{UPLOADS}", Answer(201, json.dumps(uploaded).encode()))
    source = described(github_uploads_url=f"{github.objects.url}/up/")
    request = {"source": source, "params": {**PLAIN, "globs": ["built/notes.txt"]}}
    answer = run("out", "github-release", request, inputs)
    assert answer.status == 0, answer.stderr
    (sent_there,) = github.objects.received
    assert (sent_there.body, sent_there.headers["authorization"]) == (b"notes", "Bearer the-token")


def test_the_token_goes_to_no_host_that_an_answer_names(made: Made, github: FakeGitHub, inputs: Path) -> None:
    github.add("1.2.3", draft=True, upload_url=f"{github.objects.url}{UPLOADS}{{?name}}")
    sent(made, inputs, WITH_FILES)
    assert github.objects.received == []
    assert assets(github)["a.tgz"] == DATA


@pytest.mark.usefixtures("github")
def test_a_wrong_token_is_told_of_and_not_shown(described: Described, inputs: Path, run: Run) -> None:
    request = {"source": described(access_token="hush"), "params": PLAIN}
    answer = run("out", "github-release", request, inputs)
    assert (answer.status, answer.stdout) == (1, "")
    assert "/releases: 401 Unauthorized: Bad credentials (check the credentials)" in answer.stderr
    assert "hush" not in answer.stderr


# faults


@pytest.mark.parametrize(
    "fault",
    [
        Answer(take=100_000),
        Answer(drop=True),
        Answer(502),
        Answer(429),
        Answer(503, headers={"Retry-After": "9"}),
    ],
    ids=["cut", "dropped", "502", "429", "503"],
)
def test_an_upload_that_breaks_is_tried_again(
    fault: Answer, made: Made, all_of_it: tuple[FakeGitHub, Path], in_no_time: list[float]
) -> None:
    github, inputs = all_of_it
    github.server.on("POST", UPLOADS, fault, fault, lambda asked: github._upload(asked, "1"))
    sent(made, inputs, {**PLAIN, "globs": ["built/a.tgz"]})
    assert assets(github) == {"a.tgz": DATA}
    assert len(in_no_time) == 2


def test_what_a_broken_upload_left_is_removed(
    made: Made, github: FakeGitHub, inputs: Path, in_no_time: list[float]
) -> None:
    def broken(asked: Received) -> Answer:
        github.attach(github.releases[0], "a.tgz", b"", state="starter")
        return Answer(502)

    github.server.on("POST", UPLOADS, broken, lambda asked: github._upload(asked, "1"))
    sent(made, inputs, {**PLAIN, "globs": ["built/a.tgz"]})
    assert assets(github) == {"a.tgz": DATA}


def test_an_upload_that_arrived_is_not_sent_again(
    made: Made, github: FakeGitHub, inputs: Path, in_no_time: list[float]
) -> None:
    def arrived(asked: Received) -> Answer:
        github._upload(asked, "1")
        return Answer(drop=True)

    github.server.on("POST", UPLOADS, arrived)
    sent(made, inputs, {**PLAIN, "globs": ["built/a.tgz"]})
    assert len(github.server.asked("POST", UPLOADS)) == 1


def test_a_name_that_github_changes_is_found_again(
    made: Made, github: FakeGitHub, inputs: Path, in_no_time: list[float]
) -> None:
    (inputs / "built" / "an ünusual name.txt").write_bytes(b"x")

    def arrived(asked: Received) -> Answer:
        github._upload(asked, "1")
        return Answer(drop=True)

    github.server.on("POST", UPLOADS, arrived)
    sent(made, inputs, {**PLAIN, "globs": ["built/an*"]})
    assert list(assets(github)) == ["an.ünusual.name.txt"]
    (inputs / "built" / "an.ünusual name.txt").write_bytes(b"y")
    with pytest.raises(ResourceError, match="two files are called an"):
        sent(made, inputs, {**PLAIN, "globs": ["built/an*"]})


def test_an_upload_that_never_works_leaves_a_draft_and_fails(
    made: Made, github: FakeGitHub, inputs: Path, in_no_time: list[float]
) -> None:
    github.server.on("POST", UPLOADS, Answer(take=100_000))
    with pytest.raises(WebError, match="no answer"):
        sent(made, inputs, WITH_FILES)
    assert len(github.server.asked("POST", UPLOADS)) == 10
    assert github.releases[0]["draft"] is True
    assert bodies(github, "PATCH") == []


def test_a_name_that_stays_taken_ends_too(
    made: Made, github: FakeGitHub, inputs: Path, in_no_time: list[float]
) -> None:
    def taken(asked: Received) -> Answer:
        github.attach(github.releases[0], "a.tgz", b"", state="starter")
        return Answer(422, b'{"message": "Validation Failed", "errors": [{"code": "already_exists"}]}')

    github.server.on("POST", UPLOADS, taken)
    with pytest.raises(WebError, match=r"422 Unprocessable .*: Validation Failed; already_exists"):
        sent(made, inputs, {**PLAIN, "globs": ["built/a.tgz"]})
    assert len(github.server.asked("POST", UPLOADS)) == 10


def test_an_asset_that_was_not_taken_whole_is_a_failure(made: Made, github: FakeGitHub, inputs: Path) -> None:
    less = b'{"id": 9, "name": "a.tgz", "size": 7, "state": "uploaded"}'
    github.server.on("POST", UPLOADS, Answer(201, less))
    with pytest.raises(
        ResourceError, match=r"asset a.tgz: GitHub has not taken it whole: the release 1 lacks"
    ):
        sent(made, inputs, {**PLAIN, "globs": ["built/a.tgz"]})
    assert github.releases[0]["draft"] is True


def test_a_release_that_may_have_been_made_is_not_made_twice(
    made: Made, github: FakeGitHub, inputs: Path, in_no_time: list[float]
) -> None:
    github.server.on("POST", f"{REPOSITORY}/releases", Answer(502))
    with pytest.raises(StatusError, match="502"):
        sent(made, inputs)
    assert len(github.server.asked("POST")) == 1


def test_a_publication_that_fails_is_a_failure(
    made: Made, github: FakeGitHub, inputs: Path, in_no_time: list[float]
) -> None:
    github.server.on("PATCH", f"{REPOSITORY}/releases/1", Answer(500))
    with pytest.raises(StatusError, match="500"):
        sent(made, inputs, WITH_FILES)
    done = Answer(502), lambda asked: github._update(asked, "1")
    github.server.on("PATCH", f"{REPOSITORY}/releases/1", *done)
    sent(made, inputs, WITH_FILES)
    assert github.releases[0]["draft"] is False


def test_sigterm_in_the_middle_leaves_a_draft_and_no_answer(
    described: Described, github: FakeGitHub, inputs: Path
) -> None:
    github.server.on("POST", UPLOADS, Answer(late_s=20))
    request = {"source": described(), "params": WITH_FILES}
    answer = interrupted(
        "out", "github-release", request, inputs, when=lambda: github.server.asked("POST", UPLOADS)
    )
    assert (answer.status, answer.stdout) == (143, "")
    assert github.releases[0]["draft"] is True
