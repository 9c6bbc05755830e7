"""A get writes what the release says and all that it has, whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faults import interrupted, on_a_full_disk
from tests.resources.faulty_server import Answer
from tests.resources.github_release.fake_github import REPOSITORY, FakeGitHub

from sqnc_resources import ResourceError, Result
from sqnc_resources.github_release import GetParams, Version, get
from sqnc_resources.web import BodyError, StatusError

if TYPE_CHECKING:
    from tests.resources.conftest import Run
    from tests.resources.github_release.conftest import Described, Made

DATA = os.urandom(200_000)


@pytest.fixture
def release(github: FakeGitHub) -> dict[str, Any]:
    """A release with three assets, one of them not whole."""
    made = github.add("v1.2.3")
    github.attach(made, "program.tgz", DATA)
    github.attach(made, "program.tgz.sig", b"signed")
    github.attach(made, "broken.tgz", b"", state="starter")
    return made


@pytest.fixture
def all_there(github: FakeGitHub, release: dict[str, Any]) -> tuple[FakeGitHub, dict[str, Any]]:
    """GitHub, and the release there."""
    return github, release


def fetched(made: Made, folder: Path, params: GetParams | None = None, **keys: Any) -> Result[Version]:
    return get(made(**keys), Version("v1.2.3", "1"), params or GetParams(), folder)


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_everything_is_written(
    described: Described, all_there: tuple[FakeGitHub, dict[str, Any]], run: Run, tmp_path: Path
) -> None:
    github, release = all_there
    request = {"source": described(), "version": {"tag": "v1.2.3"}}
    answer = run("in", "github-release", request, tmp_path / "got")
    sha = github.tags["v1.2.3"][1]
    assert files(tmp_path / "got") == {
        "tag": b"v1.2.3", "version": b"1.2.3", "body": b"what is new", "timestamp": b"2024-01-01T00:00:01Z",
        "commit_sha": sha.encode(), "url": release["html_url"].encode(), "id": b"1",
        "program.tgz": DATA, "program.tgz.sig": b"signed",
    }  # fmt: skip
    url = release["html_url"]
    assert answer.value == {
        "version": {"tag": "v1.2.3", "id": "1", "timestamp": "2024-01-01T00:00:01Z"},
        "metadata": [
            {"name": "name", "value": "name of v1.2.3", "url": url},
            {"name": "url", "value": url},
            {"name": "body", "value": "what is new"},
            {"name": "tag", "value": "v1.2.3"},
            {"name": "commit_sha", "value": sha},
        ],
    }
    assert answer.stderr == "downloading asset: program.tgz\ndownloading asset: program.tgz.sig\n"


@pytest.mark.parametrize(
    ("globs", "names"),
    [
        (("*.tgz",), {"program.tgz"}),
        (("*.sig", "*.tgz"), {"program.tgz", "program.tgz.sig"}),
        (("*.zip",), set()),
    ],
)
@pytest.mark.usefixtures("release")
def test_globs_choose_assets(globs: tuple[str, ...], names: set[str], made: Made, tmp_path: Path) -> None:
    fetched(made, tmp_path, GetParams(globs=globs), asset_dir=True)
    assert {file.name for file in (tmp_path / "assets").iterdir()} == names


def test_a_glob_without_a_match_is_told(
    made: Made, release: dict[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    fetched(made, tmp_path, GetParams(globs=("*.zip",)))
    assert "no asset matches `*.zip`" in capfd.readouterr().err


def test_a_folder_of_their_own_keeps_assets_from_other_files(
    made: Made, github: FakeGitHub, release: dict[str, Any], tmp_path: Path
) -> None:
    github.attach(release, "version", b"an asset")
    fetched(made, tmp_path, asset_dir=True)
    assert (tmp_path / "version").read_text() == "1.2.3"
    assert (tmp_path / "assets" / "version").read_text() == "an asset"


@pytest.mark.usefixtures("release")
def test_the_source_is_fetched_where_it_is_asked_for(made: Made, tmp_path: Path) -> None:
    fetched(made, tmp_path, GetParams(("x",), include_source_tarball=True, include_source_zip=True))
    assert (tmp_path / "source.tar.gz").read_text() == "tarball of v1.2.3"
    assert (tmp_path / "source.zip").read_text() == "zipball of v1.2.3"


def test_a_release_is_found_by_its_tag_where_its_number_is_gone(
    made: Made, github: FakeGitHub, release: dict[str, Any], tmp_path: Path
) -> None:
    assert get(made(), Version("v1.2.3", "77"), GetParams(), tmp_path).version.id == "1"
    with pytest.raises(ResourceError, match="there is no release of id 77 or tag v7"):
        get(made(), Version("v7", "77"), GetParams(), tmp_path)


@pytest.mark.usefixtures("release", "in_no_time")
def test_a_server_that_fails_is_no_release_that_is_gone(
    made: Made, github: FakeGitHub, tmp_path: Path
) -> None:
    github.server.on("GET", f"{REPOSITORY}/releases/1", Answer(500))
    with pytest.raises(StatusError, match="500"):
        fetched(made, tmp_path)
    assert "GET /releases/tags/v1.2.3" not in github.calls


def test_annotated_tags_lead_to_their_commit(
    made: Made, github: FakeGitHub, release: dict[str, Any], tmp_path: Path
) -> None:
    github.tags |= {"v1.2.3": ("tag", "aa"), "aa": ("tag", "bb"), "bb": ("commit", "cc")}
    fetched(made, tmp_path)
    assert (tmp_path / "commit_sha").read_text() == "cc"
    github.tags["bb"] = ("tree", "dd")
    with pytest.raises(ResourceError, match="to point to a commit, and it points to a tree"):
        fetched(made, tmp_path)
    github.tags["bb"] = ("tag", "aa")
    with pytest.raises(ResourceError, match="more than 10 tags point to each other"):
        fetched(made, tmp_path)


def test_a_draft_has_no_commit_and_is_marked(made: Made, github: FakeGitHub, tmp_path: Path) -> None:
    nothing = dict.fromkeys(("published_at", "body", "name", "html_url"))
    github.add("v9", draft=True, prerelease=True, **nothing)
    result = get(made(), Version(id="1"), GetParams(), tmp_path)
    assert result.metadata == [
        {"name": "tag", "value": "v9"},
        {"name": "draft", "value": "true"},
        {"name": "pre-release", "value": "true"},
    ]
    assert sorted(files(tmp_path)) == ["id", "tag", "timestamp", "version"]


def test_assets_of_every_page_are_fetched(
    made: Made, github: FakeGitHub, release: dict[str, Any], tmp_path: Path
) -> None:
    for number in range(5):
        github.attach(release, f"asset-{number}", b"%d" % number)
    github.page = 2
    fetched(made, tmp_path, asset_dir=True)
    assert len(list((tmp_path / "assets").iterdir())) == 7


def test_a_private_repository_needs_the_token(
    made: Made, github: FakeGitHub, release: dict[str, Any], tmp_path: Path
) -> None:
    github.private = True
    fetched(made, tmp_path)
    assert (tmp_path / "program.tgz").read_bytes() == DATA
    with pytest.raises(ResourceError, match=r"of id 1 or tag v1.2.3, or none that .*: source.access_token"):
        fetched(made, tmp_path, access_token=None)


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ""])
def test_an_asset_leads_nowhere_else(
    name: str, made: Made, all_there: tuple[FakeGitHub, dict[str, Any]], tmp_path: Path
) -> None:
    github, release = all_there
    github.attach(release, name, b"x")
    (tmp_path / "got").mkdir()
    with pytest.raises(ResourceError, match="expected the name of a file"):
        fetched(made, tmp_path / "got")
    assert [file.name for file in tmp_path.iterdir()] == ["got"]


# faults


@pytest.mark.usefixtures("release", "in_no_time")
def test_an_asset_that_breaks_is_resumed(made: Made, github: FakeGitHub, tmp_path: Path) -> None:
    whole = Answer(body=DATA, headers={"ETag": '"1"'}, ranges=True)
    broken = Answer(body=DATA, headers={"ETag": '"1"'}, ranges=True, cut_after=90_000)
    github.objects.on("GET", "/object/2", broken, Answer(503), whole)
    fetched(made, tmp_path)
    assert (tmp_path / "program.tgz").read_bytes() == DATA
    asked = [one.headers.get("range") for one in github.objects.asked("GET", "/object/2")]
    assert asked == [None, "bytes=90000-", "bytes=90000-"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Answer(body=DATA, cut_after=9), "the connection broke after 9 of 200000 bytes"),
        (Answer(body=DATA[:-1]), "expected 200000 bytes, and the server has 199999"),
        (Answer(body=b"x" + DATA[1:]), "expected the digest sha256:"),
        (Answer(body=b"<p>Log in"), "expected 200000 bytes, and the server has 9"),
        (Answer(drop=True), "no answer"),
    ],
    ids=["cut", "short", "other bytes", "a page", "dropped"],
)
def test_an_asset_that_is_not_whole_is_not_there(
    fault: Answer, words: str, made: Made, all_of_it: tuple[FakeGitHub, Path]
) -> None:
    github, folder = all_of_it
    github.objects.on("GET", "/object/2", fault)
    with pytest.raises(ResourceError, match=words):
        fetched(made, folder)
    assert "program.tgz" not in files(folder)


@pytest.fixture
def all_of_it(
    github: FakeGitHub, release: dict[str, Any], tmp_path: Path, in_no_time: list[float]
) -> tuple[FakeGitHub, Path]:
    """The release there, and a folder; nobody waits."""
    return github, tmp_path


def test_without_a_digest_the_size_is_compared(made: Made, all_of_it: tuple[FakeGitHub, Path]) -> None:
    github, folder = all_of_it
    github.releases[0]["assets"][0]["digest"] = None
    github.objects.on("GET", "/object/2", Answer(body=DATA[:-1], unsized=True))
    with pytest.raises(BodyError, match="expected 200000 bytes, got 199999"):
        fetched(made, folder)


def test_a_source_that_is_cut_is_not_there(made: Made, all_of_it: tuple[FakeGitHub, Path]) -> None:
    github, folder = all_of_it
    github.objects.on("GET", "/tarball/v1.2.3", Answer(body=DATA, chunked=True, cut_after=9))
    with pytest.raises(BodyError, match="the connection broke after 9 bytes"):
        fetched(made, folder, GetParams(("x",), include_source_tarball=True))
    assert "source.tar.gz" not in files(folder)


def test_a_full_disk_is_a_failure(described: Described, release: dict[str, Any], tmp_path: Path) -> None:
    request = {"source": described(), "version": {"tag": "v1.2.3", "id": "1"}}
    answer = on_a_full_disk("in", "github-release", request, tmp_path, room_bytes=100_000)
    assert (answer.status, answer.stdout) == (1, "")
    assert "/program.tgz: File too large" in answer.stderr
    assert not list(tmp_path.glob("*program*"))


def test_sigterm_in_the_middle_is_no_answer(
    described: Described, github: FakeGitHub, release: dict[str, Any], tmp_path: Path
) -> None:
    github.objects.on("GET", "/object/2", Answer(body=DATA, piece=20_000, slow_s=0.2))
    request = {"source": described(), "version": {"tag": "v1.2.3", "id": "1"}}
    answer = interrupted(
        "in", "github-release", request, tmp_path, when=lambda: list(tmp_path.glob(".program*"))
    )
    assert (answer.status, answer.stdout) == (143, "")
    assert not list(tmp_path.glob("*program*"))
