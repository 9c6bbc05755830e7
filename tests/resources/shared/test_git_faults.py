"""The types that keep their state in git, pool and semver, when the server, the network or the disk fails.

Nothing is reported as done that was not, nothing is done twice, and what fails changes nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING

import pytest
from tests.resources.cutting_proxy import Cut, cutting
from tests.resources.faults import interrupted, on_a_full_disk
from tests.resources.faulty_server import Answer
from tests.resources.git_backend import git_backend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.resources.conftest import Answer as Ended
    from tests.resources.conftest import Run
    from tests.resources.faulty_server import FaultyServer, Received

REPOSITORY = "/state.git"
FETCH, PUSH = f"{REPOSITORY}/git-upload-pack", f"{REPOSITORY}/git-receive-pack"


@dataclass(frozen=True, slots=True)
class State:
    """A repository with a pool of two locks and a number, and where it is served."""

    bare: Path
    uri: str

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.bare), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    @property
    def tip(self) -> str:
        return self.git("rev-parse", "main")

    @property
    def commits(self) -> int:
        return int(self.git("rev-list", "--count", "main"))

    @property
    def claimed(self) -> list[str]:
        listed = self.git("ls-tree", "--name-only", "main", "aws/claimed/").splitlines()
        return [name.rpartition("/")[2] for name in listed if not name.endswith(".gitkeep")]

    def source(self, kind: str) -> dict[str, str]:
        own = {"pool": {"pool": "aws", "retry_delay": "50ms"}, "semver": {"driver": "git", "file": "number"}}
        return {"uri": self.uri, "branch": "main", **own[kind]}

    def request(self, kind: str) -> dict[str, object]:
        """A put that changes something."""
        params = {"pool": {"acquire": True}, "semver": {"bump": "minor"}}
        return {"source": self.source(kind), "params": params[kind]}

    def assert_one_change(self, kind: str, answer: Ended, before: str) -> None:
        """The put has made one commit, and tells of it."""
        assert answer.status == 0, answer.stderr
        assert self.git("rev-parse", "main~") == before
        if kind == "pool":
            assert answer.value["version"] == {"ref": self.tip}
            assert [answer.value["metadata"][0]["value"]] == self.claimed
        else:
            assert (
                answer.value["version"] == {"number": self.git("show", "main:number")} == {"number": "1.1.0"}
            )

    def assert_nothing(self, answer: Ended, before: str) -> None:
        """The put has failed, says so, and has changed nothing."""
        assert (answer.status, answer.stdout, self.tip) == (1, "", before)
        assert "error: git" in answer.stderr


@pytest.fixture(autouse=True)
def _temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    path = tmp_path / "served" / "state.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
    files = {f"aws/{name}": "" for name in ("claimed/.gitkeep", "unclaimed/.gitkeep")}
    files |= {"aws/unclaimed/one": "1\n", "aws/unclaimed/two": "2\n" * 20_000, "number": "1.0.0\n"}
    stream = "commit refs/heads/main\ncommitter a <a@e> 1700000000 +0000\ndata 1\nx\n"
    stream += "".join(f"M 644 inline {name}\ndata {len(text)}\n{text}\n" for name, text in files.items())
    command = ["git", "-C", str(path), "fast-import", "--quiet"]
    subprocess.run(command, input=stream, text=True, check=True)
    return path


@pytest.fixture
def backend(bare: Path, server: FaultyServer) -> Callable[[Received], Answer]:
    """What the server answers with unless a test says otherwise."""
    found = git_backend(bare.parent)
    server.otherwise(found)
    return found


@pytest.fixture
def state(bare: Path, server: FaultyServer, backend: object) -> State:
    del backend
    return State(bare, f"{server.url}{REPOSITORY}")


both = pytest.mark.parametrize("kind", ["pool", "semver"])
FAULTS = {
    "429": Answer(429),
    "500": Answer(500),
    "503": Answer(503, headers={"Retry-After": "1"}),
    "no answer": Answer(drop=True),
    "cut in the request": Answer(take=100),
    "cut in the answer": Answer(cut_after=20),  # replaced by one that is made first, and then cut
}


def faulty(name: str, backend: Callable[[Received], Answer]) -> Answer | Callable[[Received], Answer]:
    """A fault; an answer that is cut is that of a request which was done, so that its end is lost."""
    if name != "cut in the answer":
        return FAULTS[name]
    return lambda asked: replace(backend(asked), cut_after=20)


@both
def test_a_push_whose_answer_is_lost_is_no_conflict(  # noqa: PLR0917  (fixtures)
    state: State, server: FaultyServer, backend: Callable[[Received], Answer], run: Run, kind: str
) -> None:
    """libcurl makes the request again without a word, and the server refuses it: the branch has moved."""
    before = state.tip
    server.on("POST", PUSH, lambda asked: replace(backend(asked), drop=True), backend)
    state.assert_one_change(kind, run("out", kind, state.request(kind), "/"), before)
    assert len(server.asked("POST", PUSH)) == 2


@both
@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_push_that_fails_is_made_once(  # noqa: PLR0917  (fixtures)
    state: State, server: FaultyServer, backend: Callable[[Received], Answer], run: Run, kind: str, fault: str
) -> None:
    before = state.tip
    server.on("POST", PUSH, faulty(fault, backend), backend)
    answer = run("out", kind, state.request(kind), "/")
    state.assert_one_change(kind, answer, before)
    by_libcurl = fault in {"no answer", "cut in the request"}  # which tries again itself
    assert by_libcurl or "trying again" in answer.stderr
    assert server.errors == []


@both
def test_a_push_that_always_fails_is_told(state: State, server: FaultyServer, run: Run, kind: str) -> None:
    before = state.tip
    server.on("POST", PUSH, Answer(503))
    answer = run("out", kind, state.request(kind), "/")
    state.assert_nothing(answer, before)
    assert "nobody can say whether the change was made" in answer.stderr
    assert "503" in answer.stderr


@both
@pytest.mark.parametrize("fault", ["429", "503", "no answer", "cut in the answer"])
def test_a_first_look_that_fails_changes_nothing(  # noqa: PLR0917  (fixtures)
    state: State, server: FaultyServer, backend: Callable[[Received], Answer], run: Run, kind: str, fault: str
) -> None:
    before = state.tip
    server.on("POST", FETCH, faulty(fault, backend))
    state.assert_nothing(run("out", kind, state.request(kind), "/"), before)


@both
@pytest.mark.parametrize("fault", ["429", "503", "no answer", "cut in the answer"])
def test_a_check_that_fails_says_nothing_and_spoils_nothing(  # noqa: PLR0917  (fixtures)
    state: State, server: FaultyServer, backend: Callable[[Received], Answer], run: Run, kind: str, fault: str
) -> None:
    request = {"source": state.source(kind)}
    server.on("POST", FETCH, backend, faulty(fault, backend))
    state.assert_nothing(run("check", kind, request), state.tip)
    server.on("POST", FETCH, backend)
    found = {"pool": {"ref": state.tip}, "semver": {"number": "1.0.0"}}
    assert run("check", kind, request).value == [found[kind]]


@pytest.mark.parametrize("fault", ["429", "503", "no answer", "cut in the answer"])
def test_a_get_that_fails_leaves_no_lock(  # noqa: PLR0917  (fixtures)
    state: State,
    server: FaultyServer,
    backend: Callable[[Received], Answer],
    run: Run,
    tmp_path: Path,
    fault: str,
) -> None:
    (tmp_path / "got").mkdir()
    server.on("POST", FETCH, backend, faulty(fault, backend))
    request = {"source": state.source("pool"), "version": {"ref": state.tip}}
    state.assert_nothing(run("in", "pool", request, tmp_path / "got"), state.tip)
    assert not (tmp_path / "got/name").exists()


@both
def test_a_slow_server_is_waited_for(  # noqa: PLR0917  (fixtures)
    state: State, server: FaultyServer, backend: Callable[[Received], Answer], run: Run, kind: str
) -> None:
    before = state.tip
    server.otherwise(lambda asked: replace(backend(asked), slow_s=0.02, piece=100, late_s=0.1))
    state.assert_one_change(kind, run("out", kind, state.request(kind), "/"), before)


@both
@pytest.mark.parametrize("made", [True, False])
def test_sigterm_in_the_middle_of_a_push_reports_nothing(  # noqa: PLR0917  (fixtures)
    state: State,
    server: FaultyServer,
    backend: Callable[[Received], Answer],
    tmp_path: Path,
    kind: str,
    *,
    made: bool,
) -> None:
    """Whether the server had made the change is another matter: nobody was told of it."""
    commits = state.commits
    slow = replace(Answer(503), late_s=20)
    server.on("POST", PUSH, (lambda asked: replace(backend(asked), late_s=20)) if made else slow)
    under_way = (lambda: state.commits > commits) if made else lambda: server.asked("POST", PUSH)
    started = time.monotonic()
    ended = interrupted("out", kind, state.request(kind), tmp_path, when=under_way)
    assert (ended.status, ended.stdout, state.commits) == (143, "", commits + made)
    assert time.monotonic() - started < 15, "it waits for nobody"
    assert not list((tmp_path / "tmp").glob("git-resource-*-*")), "nor leaves keys behind"


def test_sigterm_ends_who_waits_for_a_lock(state: State, server: FaultyServer, tmp_path: Path) -> None:
    request = {"source": state.source("pool"), "params": {"claim": "none"}}
    before = state.tip
    ended = interrupted("out", "pool", request, tmp_path, when=lambda: len(server.asked("POST", FETCH)) > 4)
    assert (ended.status, ended.stdout, state.tip) == (143, "", before)
    assert "none is not unclaimed: waiting" in ended.stderr


def test_sigterm_in_the_middle_of_a_get_reports_nothing(
    state: State, server: FaultyServer, backend: Callable[[Received], Answer], tmp_path: Path
) -> None:
    (tmp_path / "got").mkdir()
    server.on("POST", FETCH, backend, lambda asked: replace(backend(asked), slow_s=1, piece=100))
    request = {"source": state.source("pool"), "version": {"ref": state.tip}}
    ended = interrupted(
        "in", "pool", request, tmp_path / "got", when=lambda: len(server.asked("POST", FETCH)) > 1
    )
    assert (ended.status, ended.stdout) == (143, "")
    assert not (tmp_path / "got/name").exists()


@both
@pytest.mark.parametrize("room", [0, 60])
def test_a_full_disk_in_a_put_changes_nothing(state: State, tmp_path: Path, kind: str, room: int) -> None:
    before = state.tip
    ended = on_a_full_disk("out", kind, state.request(kind), tmp_path, room_bytes=room)
    assert (ended.status, ended.stdout, state.tip) == (1, "", before)
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("kind", "room"), [("pool", 1_000), ("pool", 30_000), ("semver", 2)])
def test_a_full_disk_in_a_get_is_told(state: State, tmp_path: Path, kind: str, room: int) -> None:
    (tmp_path / "got").mkdir()
    version = {"pool": {"ref": state.tip}, "semver": {"number": "1.0.0"}}
    request = {"source": state.source(kind), "version": version[kind]}
    ended = on_a_full_disk("in", kind, request, tmp_path / "got", room_bytes=room)
    assert (ended.status, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "got/name").exists()


@contextmanager
def git_daemon(folder: Path) -> Iterator[int]:
    """git's own server, one for each connection, at a port that is bound here: nobody else can take it."""
    options = ["--inetd", "--export-all", "--enable=receive-pack", f"--base-path={folder}"]

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            command = ["git", "daemon", *options]
            subprocess.run(
                command, stdin=self.request, stdout=self.request, stderr=subprocess.DEVNULL, check=False
            )

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.peers("git-daemon")
@both
def test_a_connection_may_break_anywhere(bare: Path, run: Run, kind: str) -> None:
    """Each connection of a put is cut once, in each direction, early, late, and in the middle."""
    with git_daemon(bare.parent) as port, cutting(port) as proxy:
        state = State(bare, f"git://127.0.0.1:{proxy.port}{REPOSITORY}")
        start = state.tip
        state.assert_one_change(kind, run("out", kind, state.request(kind), "/"), start)
        carried = proxy.carried
        outcomes = set()
        for index, way, part in (
            (index, way, part)
            for index in range(len(carried))
            for way in ("up", "down")
            for part in (1, 50, 99)
        ):
            state.git("update-ref", "refs/heads/main", start)
            proxy.cuts = [None] * index
            proxy.cuts.append(Cut(way, max(1, carried[index][way] * part // 100)))  # type: ignore[arg-type]  # one of two
            answer = run("out", kind, state.request(kind), "/")
            if answer.status:
                state.assert_nothing(answer, start)
            else:
                state.assert_one_change(kind, answer, start)
            outcomes.add((answer.status, "trying again" in answer.stderr))
        assert {(1, False), (0, True)} <= outcomes


@both
def test_of_many_writers_none_is_told_what_another_was(
    state: State, server: FaultyServer, backend: Callable[[Received], Answer], kind: str
) -> None:
    """Every second answer to a push is lost, so that most of them have to find out what became of theirs."""
    count = 6
    pushes: list[None] = []

    def forgetful(asked: Received) -> Answer:
        pushes.append(None)
        answer = backend(asked)
        return replace(answer, drop=True) if len(pushes) % 2 else answer

    for number in range(count - 2):
        add_lock(state, f"more-{number}")
    commits = state.commits
    server.on("POST", PUSH, forgetful)
    command = [sys.executable, "-m", "sqncshim", "resource", "out", kind, "/"]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(json.dumps(state.request(kind)))
        process.stdin.close()
        process.stdin = None  # so that `communicate` reads alone
    answers = [json.loads(process.communicate()[0]) for process in running]
    assert state.commits == commits + count
    if kind == "pool":
        assert sorted(answer["metadata"][0]["value"] for answer in answers) == sorted(state.claimed)
        assert len({answer["version"]["ref"] for answer in answers}) == count == len(state.claimed)
    else:
        numbers = [answer["version"]["number"] for answer in answers]
        assert sorted(numbers) == [f"1.{number}.0" for number in range(1, count + 1)]


def add_lock(state: State, name: str) -> None:
    stream = "commit refs/heads/main\ncommitter a <a@e> 1700000000 +0000\ndata 1\nx\nfrom refs/heads/main^0\n"
    stream += f"M 644 inline aws/unclaimed/{name}\ndata 1\nx\n"
    command = ["git", "-C", str(state.bare), "fast-import", "--quiet"]
    subprocess.run(command, input=stream, text=True, check=True)
