"""An object of a bucket is a file that many may change: what is not compared is not written."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from tests.resources.faulty_server import Answer, FaultyServer, Received

from sqnc_resources import ResourceError, s3
from sqnc_resources.reading import read
from sqnc_resources.shared.files import Change, ConflictError
from sqnc_resources.shared.s3 import ObjectFile, s3_file
from sqnc_resources.shared.update import Patience, update

CHANGES = "x-amz-meta-sqnc-changes"
PATH = "/some-bucket/the/number"
LOST = Answer(drop=True)


class Service:
    """One object, kept as S3 does; *faults* stand for the answers to the next writes, made or not."""

    def __init__(self, server: FaultyServer) -> None:
        self.content: bytes | None = None
        self.changes = ""
        self.knows_conditions = True
        self.refuses = Answer(501, b"<Error><Code>NotImplemented</Code></Error>")
        self.faults: list[tuple[Answer, bool]] = []
        self.writes = 0
        server.otherwise(self.answer)

    @property
    def entity(self) -> str:
        return f'"{hashlib.md5(self.content or b"").hexdigest()}"'

    def set(self, content: bytes, changes: str = "") -> None:
        self.content, self.changes = content, changes

    def answer(self, asked: Received) -> Answer:
        if asked.path != PATH:
            return Answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
        if asked.method == "PUT":
            return self.write(asked)
        if self.content is None:
            return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        return Answer(body=self.content, headers={"ETag": self.entity, CHANGES: self.changes})

    def write(self, asked: Received) -> Answer:
        self.writes += 1
        answer, is_made = self.faults.pop(0) if self.faults else (None, True)
        if not is_made:
            assert answer is not None
            return answer
        if {"if-match", "if-none-match"} & {*asked.headers} and not self.knows_conditions:
            return self.refuses
        if self.content is None and "if-match" in asked.headers:
            return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        is_other = asked.headers.get("if-match", self.entity) != self.entity
        if is_other or (self.content is not None and "if-none-match" in asked.headers):
            return Answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
        self.set(asked.body, asked.headers[CHANGES])
        return answer or Answer(headers={"ETag": self.entity})


@pytest.fixture
def service(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr("time.sleep", lambda _: None)
    return Service(server)


@pytest.fixture
def file(service: Service, server: FaultyServer) -> ObjectFile:
    return reached(server)


def reached(server: FaultyServer, **keys: Any) -> ObjectFile:
    given = {"bucket": "some-bucket", "endpoint": server.url, "versioned_file": "the/number"}
    source = read(s3.Source, {**given, "access_key_id": "a", "secret_access_key": "b", **keys}, "source", [])
    with s3_file(source, "the/number", "a/number") as found:
        return found


def to(content: bytes | None, path: str = "a/number") -> Change[None]:
    return Change({path: content}, "", None)


def test_the_object_is_the_only_file(file: ObjectFile, service: Service) -> None:
    before = file.snapshot()
    assert (before.revision, before.read("a/number"), before.names("a")) == ("", None, ())
    revision = file.replace(before, to(b"1"))
    now = file.snapshot()
    assert (now.revision, now.read("a/number"), now.read("other")) == (revision, b"1", None)
    assert (now.names("a"), now.names("a/"), now.names(""), now.names("a/number")) == (
        ("number",), ("number",), (), (),
    )  # fmt: skip


@pytest.mark.parametrize(
    "change", [to(None), to(b"1", "other"), Change({"a/number": b"1", "x": b""}, "", None)]
)
def test_it_holds_no_other_file(change: Change[None], file: ObjectFile) -> None:
    with pytest.raises(ResourceError, match="s3://some-bucket/the/number: it holds a/number alone"):
        file.replace(file.snapshot(), change)


def test_a_bucket_that_is_not_there_is_no_file_that_is_not_there(
    server: FaultyServer, service: Service
) -> None:
    with pytest.raises(ResourceError, match="NoSuchBucket"):
        reached(server, bucket="another-bucket").snapshot()


@pytest.mark.parametrize("first", [None, b"1"])
def test_a_change_of_an_old_snapshot_is_a_conflict(
    first: bytes | None, file: ObjectFile, service: Service
) -> None:
    service.content = first
    old = file.snapshot()
    service.set(b"2")
    with pytest.raises(ConflictError):
        file.replace(old, to(b"3"))
    assert service.content == b"2"


@pytest.mark.parametrize("answer", [Answer(404, b"<Error><Code>NoSuchKey</Code></Error>"), Answer(409)])
def test_what_s3_says_of_others_is_a_conflict(answer: Answer, file: ObjectFile, service: Service) -> None:
    service.set(b"1")
    old = file.snapshot()
    service.faults = [(answer, False)]
    with pytest.raises(ConflictError):
        file.replace(old, to(b"2"))


@pytest.mark.parametrize("fault", [LOST, Answer(500), Answer(503), Answer(429)])
@pytest.mark.parametrize("is_made", [True, False])
def test_a_change_whose_answer_is_lost_is_made_once(
    is_made: bool, fault: Answer, file: ObjectFile, service: Service
) -> None:
    if is_made and fault.status in {503, 429}:
        return  # these say that nothing was made
    service.set(b"1")
    service.faults = [(fault, is_made)]
    assert file.replace(file.snapshot(), to(b"2")) == service.entity.strip('"')
    assert (service.content, service.writes) == (b"2", 2)


def test_a_change_that_was_lost_while_others_were_faster_is_a_conflict(
    file: ObjectFile, service: Service
) -> None:
    file.replace(file.snapshot(), to(b"1"))
    old = file.snapshot()
    file.replace(file.snapshot(), to(b"2"))
    service.faults = [(LOST, False)]
    with pytest.raises(ConflictError):
        file.replace(old, to(b"3"))


def test_a_change_that_others_have_changed_since_was_made(file: ObjectFile, service: Service) -> None:
    service.set(b"1")
    old = file.snapshot()

    def lose(asked: Received) -> Answer:
        service.set(b"3", f"{asked.headers[CHANGES]} theirs")
        return LOST

    made = service.write
    service.write = lambda asked: lose(asked) if service.changes == "" else made(asked)  # type: ignore[method-assign]  # for once
    assert file.replace(old, to(b"2")) == service.entity.strip('"')
    assert service.content == b"3"


def test_nobody_can_say_after_a_writer_that_leaves_no_name(file: ObjectFile, service: Service) -> None:
    service.set(b"1")
    old = file.snapshot()
    service.set(b"theirs")
    service.faults = [(LOST, False)]
    with pytest.raises(ResourceError, match="nobody can say whether it was changed") as raised:
        file.replace(old, to(b"2"))
    assert not isinstance(raised.value, ConflictError)


def test_a_change_that_never_gets_an_answer_is_no_change(file: ObjectFile, service: Service) -> None:
    service.set(b"1")
    service.faults = [(LOST, False)] * 6
    with pytest.raises(ResourceError, match=r"^PUT .* no answer"):
        file.replace(file.snapshot(), to(b"2"))
    service.faults = [(LOST, False)] * 5 + [(LOST, True)]
    assert file.replace(file.snapshot(), to(b"2")) == service.entity.strip('"')


def test_what_is_refused_is_not_tried_again(file: ObjectFile, service: Service) -> None:
    service.faults = [(Answer(403, b"<Error><Code>AccessDenied</Code></Error>"), False)]
    with pytest.raises(ResourceError, match="AccessDenied"):
        file.replace(file.snapshot(), to(b"1"))
    assert service.writes == 1


@pytest.mark.parametrize("status", [501, 400])
def test_a_service_without_conditions_is_written_to_with_a_warning(
    status: int, file: ObjectFile, service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    service.knows_conditions = False
    service.refuses = Answer(status, b"<Error><Code>NotImplemented</Code></Error>")
    file.replace(file.snapshot(), to(b"1"))
    assert service.content == b"1"
    assert "the service compares nothing before it writes" in capfd.readouterr().err
    old = file.snapshot()
    service.set(b"2")
    with pytest.raises(ConflictError):
        file.replace(old, to(b"3"))
    assert service.content == b"2"


def test_names_of_changes_do_not_grow_without_end(file: ObjectFile, service: Service) -> None:
    for number in range(25):
        file.replace(file.snapshot(), to(b"%d" % number))
    assert len(service.changes.split()) == 20


def test_update_decides_anew_after_a_conflict(file: ObjectFile, service: Service) -> None:
    seen: list[bytes | None] = []

    def decide(now: Any) -> Change[str]:
        seen.append(now.read("a/number"))
        if len(seen) == 1:
            service.set(b"theirs")
        return Change({"a/number": b"mine"}, "", "result")

    assert update(file, decide, Patience(backoff_s=0)).result == "result"
    assert (seen, service.content) == ([None, b"theirs"], b"mine")


def test_an_object_is_made_with_what_the_source_says(server: FaultyServer, service: Service) -> None:
    file = reached(server, server_side_encryption="AES256", checksum_algorithm="SHA1")
    file.replace(file.snapshot(), to(b"1"))
    headers = server.asked("PUT")[0].headers
    expected = {
        "content-type": "text/plain", "x-amz-server-side-encryption": "AES256", "if-none-match": "*",
        "x-amz-checksum-sha1": "NWoZK3kTsExUV00Ywo1G5jlUKKs=",
    }  # fmt: skip
    assert {name: headers[name] for name in expected} == expected
