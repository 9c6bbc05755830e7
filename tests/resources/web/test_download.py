"""A download is whole afterwards, or not there at all."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.resources.faulty_server import Answer, FaultyServer

from sqnc_resources import ResourceError
from sqnc_resources.web import BodyError, Client, Settings, StatusError

if TYPE_CHECKING:
    from collections.abc import Iterator

BODY = os.urandom(300_000)
DIGEST = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
TAGGED = {"ETag": '"one"'}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder with spaces" / "got"


@pytest.fixture(autouse=True)
def nothing_else_is_left(file: Path) -> Iterator[None]:
    """Whatever happened, there is the whole file or none."""
    file.parent.mkdir()
    yield
    assert {left.name for left in file.parent.iterdir()} <= {"got"}


@pytest.fixture
def given(server: FaultyServer, client: Client, file: Path) -> tuple[FaultyServer, Client, Path]:
    """All of them."""
    return server, client, file


def ranges(server: FaultyServer) -> list[str | None]:
    return [one.headers.get("range") for one in server.received]


def test_a_download_has_its_bytes_size_and_address(
    server: FaultyServer, other_server: FaultyServer, client: Client, file: Path
) -> None:
    server.on("GET", "/x", Answer(302, headers={"Location": f"{other_server.url}/y"}))
    other_server.on("GET", "/y", Answer(body=BODY, headers={"X-Y": "1"}))
    got = client.download(f"{server.url}/x", file, digest=DIGEST, size=len(BODY))
    assert file.read_bytes() == BODY
    assert (got.size_bytes, got.url, got.headers["x-y"]) == (len(BODY), f"{other_server.url}/y", "1")
    assert file.stat().st_mode & 0o777 == 0o666 & ~umask()


def umask() -> int:
    now = os.umask(0)
    os.umask(now)
    return now


def test_bytes_are_kept_as_they_are_sent(server: FaultyServer, client: Client, file: Path) -> None:
    server.on("GET", "/x", Answer(body=b"not unpacked", headers={"Content-Encoding": "gzip"}))
    client.download(f"{server.url}/x", file)
    assert file.read_bytes() == b"not unpacked"
    assert server.received[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("digest", [None, DIGEST], ids=["etag", "digest"])
def test_a_download_that_breaks_goes_on_where_it_broke(
    digest: str | None, server: FaultyServer, client: Client, file: Path
) -> None:
    headers = {} if digest else TAGGED
    whole = Answer(body=BODY, headers=headers, ranges=True)
    broken = replace(whole, cut_after=100_000)
    server.on("GET", "/x", broken, broken, whole)
    client.download(f"{server.url}/x", file, digest=digest)
    assert file.read_bytes() == BODY
    assert ranges(server) == [None, "bytes=100000-", "bytes=200000-"]
    assert server.received[1].headers.get("if-range") == headers.get("ETag")


def test_progress_gives_new_attempts(server: FaultyServer, client: Client, file: Path) -> None:
    whole = Answer(body=BODY, headers=TAGGED, ranges=True)
    server.on("GET", "/x", *[replace(whole, cut_after=30_000)] * 9, whole)  # more often than attempts are
    client.download(f"{server.url}/x", file)
    assert file.read_bytes() == BODY


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"weak"'}], ids=["no validator", "weak validator"])
def test_what_may_have_changed_is_fetched_anew(
    headers: dict[str, str], server: FaultyServer, client: Client, file: Path
) -> None:
    server.on(
        "GET", "/x", Answer(body=b"o" * 99_999, headers=headers, cut_after=10), Answer(body=BODY, ranges=True)
    )
    client.download(f"{server.url}/x", file)
    assert file.read_bytes() == BODY
    assert ranges(server) == [None, None]


def test_what_has_become_shorter_leaves_nothing_of_the_longer_one(
    server: FaultyServer, client: Client, file: Path
) -> None:
    server.on("GET", "/x", Answer(body=BODY, cut_after=200_000), Answer(body=BODY[:5]))
    client.download(f"{server.url}/x", file)
    assert file.read_bytes() == BODY[:5]


def test_what_has_changed_meanwhile_is_fetched_anew(server: FaultyServer, client: Client, file: Path) -> None:
    server.on(
        "GET",
        "/x",
        Answer(body=b"o" * 99_999, headers=TAGGED, ranges=True, cut_after=10),
        Answer(body=BODY, headers={"ETag": '"two"'}, ranges=True),
    )
    client.download(f"{server.url}/x", file)
    assert file.read_bytes() == BODY


def test_a_server_without_ranges_sends_it_anew(server: FaultyServer, client: Client, file: Path) -> None:
    server.on("GET", "/x", Answer(body=BODY, headers=TAGGED, cut_after=10), Answer(body=BODY, headers=TAGGED))
    client.download(f"{server.url}/x", file)
    assert file.read_bytes() == BODY


@pytest.mark.parametrize(
    "odd",
    [
        Answer(416),
        Answer(206, BODY[5:], headers={"Content-Range": f"bytes 5-299999/{len(BODY)}"}),
        Answer(206, BODY[5:]),
    ],
    ids=["416", "another part", "a part of who knows what"],
)
def test_a_part_that_does_not_fit_is_not_taken(
    odd: Answer, server: FaultyServer, client: Client, file: Path
) -> None:
    whole = Answer(body=BODY, headers=TAGGED)
    server.on("GET", "/x", replace(whole, cut_after=10), odd, whole)
    client.download(f"{server.url}/x", file)
    assert file.read_bytes() == BODY
    assert ranges(server) == [None, "bytes=10-", None]


def test_a_part_that_nobody_asked_for_is_not_the_whole(
    server: FaultyServer, client: Client, file: Path
) -> None:
    server.on("GET", "/x", Answer(206, BODY[:10], headers={"Content-Range": f"bytes 0-9/{len(BODY)}"}))
    with pytest.raises(StatusError, match="206 Partial Content"):
        client.download(f"{server.url}/x", file)


@pytest.mark.parametrize(
    ("answer", "promise", "message"),
    [
        (Answer(body=BODY, cut_after=9), {}, "the connection broke after 9 of 300000 bytes"),
        (Answer(body=BODY, chunked=True, cut_after=9), {}, "the connection broke after 9 bytes"),
        (Answer(body=BODY[:-1]), {"digest": DIGEST}, f"expected the digest {DIGEST}, got "),
        (Answer(body=BODY[:-1]), {"size": len(BODY)}, "expected 300000 bytes, and the server has 299999"),
        (Answer(body=BODY[:-1], unsized=True), {"size": len(BODY)}, "expected 300000 bytes, got 299999"),
        (
            Answer(body=BODY + b"x", chunked=True),
            {"size": len(BODY)},
            "expected 300000 bytes, and there are more",
        ),
    ],
    ids=["cut", "cut in chunks", "digest", "length", "short", "long"],
)
def test_what_is_not_whole_is_not_there_and_an_older_file_stays(
    answer: Answer, promise: dict[str, Any], message: str, given: tuple[FaultyServer, Client, Path]
) -> None:
    server, client, file = given
    file.write_bytes(b"old")
    server.on("GET", "/x", answer)
    with pytest.raises(BodyError, match=message):
        client.download(f"{server.url}/x", file, **promise)
    assert file.read_bytes() == b"old"
    assert len(server.received) == 4


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(body=BODY, piece=1000, slow_s=10), "nothing more came after 1000 bytes"),
        (Answer(body=BODY, ranges=True, piece=1, slow_s=0.02), r"it comes too slowly: \d+ bytes so far"),
        (
            Answer(body=BODY, headers=TAGGED, ranges=True, piece=1, slow_s=0.02),
            r"it comes too slowly: \d+ bytes so far",
        ),
    ],
    ids=["not at all", "anew", "resumed"],
)
def test_what_comes_too_slowly_is_given_up(
    answer: Answer, message: str, *, server: FaultyServer, hasty: Settings, file: Path
) -> None:
    server.on("GET", "/x", answer)
    client = Client(replace(hasty, patience=replace(hasty.patience, attempts=2)))
    with pytest.raises(BodyError, match=message):
        client.download(f"{server.url}/x", file)
    assert len(server.received) == 2


def test_a_wrong_digest_may_have_been_an_accident(server: FaultyServer, client: Client, file: Path) -> None:
    server.on("GET", "/x", Answer(body=b"x" + BODY[1:]), Answer(body=BODY))
    client.download(f"{server.url}/x", file, digest=DIGEST)
    assert file.read_bytes() == BODY
    assert ranges(server) == [None, None]


@pytest.mark.parametrize("digest", ["sha256", "sha257:00", "sha256:"])
def test_a_digest_of_no_known_kind_is_refused(digest: str, client: Client, file: Path) -> None:
    with pytest.raises(ResourceError, match=f"digest {digest}: expected sha256:<hex>"):
        client.download("http://127.0.0.1:1/x", file, digest=digest)


def test_what_is_not_found_is_not_there(server: FaultyServer, client: Client, file: Path) -> None:
    with pytest.raises(StatusError, match="404"):
        client.download(f"{server.url}/x", file)
    assert len(server.received) == 1


def test_a_folder_that_is_not_there_is_no_defect(
    server: FaultyServer, client: Client, tmp_path: Path
) -> None:
    server.on("GET", "/x", Answer(body=BODY))
    with pytest.raises(ResourceError, match=r"cannot write .*/absent/got: No such file"):
        client.download(f"{server.url}/x", tmp_path / "absent" / "got")


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Let no file of this process become larger: what a full disk is like."""
    old, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (old, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_named_and_leaves_nothing(server: FaultyServer, client: Client, file: Path) -> None:
    server.on("GET", "/x", Answer(body=BODY))
    with largest_file(100_000), pytest.raises(ResourceError, match=r"cannot write .*/got: File too large"):
        client.download(f"{server.url}/x", file)
    assert not file.exists()
    assert len(server.received) == 1


PROGRAM = """\
import signal, sys
def end(*_): raise SystemExit(143)
signal.signal(signal.SIGTERM, end)
from sqnc_resources.web import Client
Client().download(sys.argv[1], sys.argv[2])
"""


def test_sigterm_in_the_middle_leaves_nothing(server: FaultyServer, file: Path) -> None:
    server.on("GET", "/x", Answer(body=BODY, piece=200_000, slow_s=60))
    server.on("GET", "/y", Answer(body=BODY))
    command = [sys.executable, "-c", PROGRAM]
    subprocess.run([*command, f"{server.url}/y", file], check=True)
    assert file.read_bytes() == BODY
    file.unlink()
    with subprocess.Popen([*command, f"{server.url}/x", str(file)]) as process:
        deadline = time.monotonic() + 60
        while not any(left.stat().st_size for left in file.parent.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 143
    assert list(file.parent.iterdir()) == []


MEASURED = """\
import pathlib, re, sys
from sqnc_resources.web import Client, FilePart
client = Client()
client.download(sys.argv[1], sys.argv[2], digest=sys.argv[3])
client.request("PUT", sys.argv[1], body=FilePart(sys.argv[2]))
# not ru_maxrss, which counts what the process was forked from
print(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""


def test_memory_stays_flat(server: FaultyServer, file: Path, settings: Settings) -> None:
    peaks = []
    for size in (1 << 10, 64 << 20):
        body = bytes(size)
        server.on("GET", "/x", Answer(body=body))
        server.on("PUT", "/x", Answer())
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, f"{server.url}/x", file, digest],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout))
        assert len(server.received.pop().body) == size
    assert peaks[1] - peaks[0] < 4 << 10  # KiB
