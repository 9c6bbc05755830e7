"""The number in an object of a bucket: many bump it, and nobody gets what another has."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.resources.conftest import Run
from tests.resources.faults import interrupted
from tests.resources.faulty_server import Answer, FaultyServer
from tests.resources.s3.service import Service, serving_s3

from sqnc_resources import ResourceError, semver
from sqnc_resources.conform.folders import open_folder
from sqnc_resources.conform.host import HostExecutor
from sqnc_resources.conform.kit import Verdict, judge
from sqnc_resources.conform.programs import find_programs
from sqnc_resources.conform.report import lines
from sqnc_resources.conform.scenario_file import read_scenario
from sqnc_resources.conform.subject import Subject
from sqnc_resources.reading import read

KEY = "/versions//the app"  # no path that a repository could have
BUCKET = "numbers"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with serving_s3() as found:
        yield found


@pytest.fixture
def numbers(service: Service) -> Service:
    service.bucket(BUCKET)
    for key in service.keys(BUCKET):
        service.call("DELETE", f"{BUCKET}/{key}")
    return service


def described(service: Service, **keys: Any) -> dict[str, Any]:
    return service.source(BUCKET, key=KEY, **keys)  # the driver is s3 where nothing is said


def source(service: Service, **keys: Any) -> semver.Source:
    return read(semver.Source, described(service, **keys), "source", [])


def put(service: Service, folder: Path, **params: Any) -> str:
    result = semver.put(source(service), read(semver.PutParams, params, "params", []), folder)
    return str(result.version.number)


def numbers_of(found: object) -> list[str]:
    assert isinstance(found, list)
    return [str(version.number) for version in found]


def test_the_initial_version_counts_where_there_is_no_object(numbers: Service) -> None:
    assert numbers_of(semver.check(source(numbers), None)) == ["0.0.0"]
    assert numbers_of(semver.check(source(numbers, initial_version="1.2.3"), None)) == ["1.2.3"]


def test_the_number_that_is_there_is_the_version(numbers: Service) -> None:
    numbers.put(BUCKET, KEY, b" 1.2.3\n")
    for since in (None, "1.0.0", "1.2.3", "2.0.0"):
        version = since and read(semver.Version, {"number": since}, "version", [])
        assert numbers_of(semver.check(source(numbers), version or None)) == ["1.2.3"]


def test_a_bump_is_kept_as_upstream_keeps_it(numbers: Service, tmp_path: Path) -> None:
    assert put(numbers, tmp_path, bump="minor") == "0.1.0"
    assert put(numbers, tmp_path, pre="rc") == "0.1.0-rc.1"
    assert numbers.get(BUCKET, KEY) == b"0.1.0-rc.1"
    assert numbers.head(BUCKET, KEY)["Content-Type"] == "text/plain"
    (tmp_path / "file").write_text("3.0.0\n")
    assert put(numbers, tmp_path, file="file") == "3.0.0"
    assert put(numbers, tmp_path, get_latest=True) == "3.0.0"


def test_the_whole_protocol(numbers: Service, run: Run, tmp_path: Path) -> None:
    answer = run("out", "semver", {"source": described(numbers), "params": {"bump": "patch"}}, tmp_path)
    assert answer.value == {
        "version": {"number": "0.0.1"}, "metadata": [{"name": "number", "value": "0.0.1"}],
    }  # fmt: skip
    assert run("check", "semver", {"source": described(numbers)}).value == [{"number": "0.0.1"}]


def test_what_is_no_number_is_told_with_its_place(numbers: Service) -> None:
    numbers.put(BUCKET, KEY, b"one")
    with pytest.raises(ResourceError, match=f"s3://{BUCKET}/{KEY}: expected a semantic version"):
        semver.check(source(numbers), None)


def test_a_bucket_that_is_not_there_has_no_initial_version(numbers: Service) -> None:
    with pytest.raises(ResourceError, match="NoSuchBucket"):
        semver.check(replace(source(numbers), bucket="nowhere"), None)


def test_many_writers_at_once_get_different_numbers(numbers: Service, tmp_path: Path) -> None:
    request = json.dumps({"source": described(numbers), "params": {"bump": "patch"}})
    command = [sys.executable, "-m", "sqncshim", "resource", "out", "semver", str(tmp_path)]
    writers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(8)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(request)
        writer.stdin.close()
        writer.stdin = None
    found = [json.loads(writer.communicate()[0])["version"]["number"] for writer in writers]
    assert sorted(found) == [f"0.0.{number}" for number in range(1, 9)]
    assert numbers.get(BUCKET, KEY) == b"0.0.8"


def test_sigterm_in_the_middle_is_no_answer(server: FaultyServer, tmp_path: Path) -> None:
    server.on("GET", "/numbers/n", Answer(body=b"1.0.0", headers={"ETag": '"1"'}))
    server.on("PUT", "/numbers/n", Answer(late_s=30))
    keys = {"bucket": "numbers", "key": "n", "endpoint": server.url}
    keys |= {"access_key_id": "a", "secret_access_key": "b"}
    request = {"source": keys, "params": {"bump": "patch"}}
    answer = interrupted("out", "semver", request, tmp_path, when=lambda: server.asked("PUT"))
    assert (answer.status, answer.stdout) == (143, "")


def test_without_credentials_nothing_is_asked(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    keys = {"bucket": "numbers", "key": "n", "endpoint": server.url}
    with pytest.raises(ResourceError, match=r"no credentials for AWS: expected source\.access_key_id"):
        semver.check(read(semver.Source, keys, "source", []), None)
    assert not server.received


def test_a_bucket_stands_in_the_path_as_upstream_has_it(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.otherwise(lambda _: Answer(body=b"1.0.0"))
    keys = {"bucket": "numbers", "key": "n", "endpoint": "s3.example.com", "disable_ssl": True}
    keys |= {"access_key_id": "a", "secret_access_key": "b"}
    semver.check(read(semver.Source, keys, "source", []), None)
    assert server.received[0].target == "http://s3.example.com/numbers/n"


STS = (
    b"<R><AssumeRoleResult><Credentials><AccessKeyId>of-role</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    b"</Credentials></AssumeRoleResult></R>"
)


@pytest.mark.parametrize(
    ("keys", "headers"),
    [
        ({"session_token": "t"}, {"x-amz-security-token": "t", "x-amz-sdk-checksum-algorithm": "CRC32"}),
        ({"server_side_encryption": "aws:kms"}, {"x-amz-server-side-encryption": "aws:kms"}),
        ({"checksum_algorithm": "SHA1"}, {"x-amz-sdk-checksum-algorithm": "SHA1"}),
        (
            {"checksum_algorithm": "SHA1", "skip_s3_checksums": True},
            {"x-amz-sdk-checksum-algorithm": None, "x-amz-server-side-encryption": None},
        ),
        ({"assume_role_arn": "r"}, {"x-amz-security-token": None}),
    ],
)
def test_each_key_counts(
    keys: dict[str, Any], headers: dict[str, str], server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"{server.url}/sts")
    monkeypatch.setattr("sqnc_resources.s3.credentials.hide", lambda *_: None)
    server.on("POST", "/sts/", Answer(body=STS))
    server.on("GET", "/numbers/n", Answer(body=b"1.0.0"))
    server.on("PUT", "/numbers/n", Answer())
    given = {"bucket": "numbers", "key": "n", "endpoint": server.url, "region_name": "eu-1"}
    given |= {"access_key_id": "of-user", "secret_access_key": "b"}
    semver.put(read(semver.Source, {**given, **keys}, "source", []), semver.PutParams(bump="major"), Path())
    (asked,) = server.asked("PUT")
    assert (asked.body, {name: asked.headers.get(name) for name in headers}) == (b"2.0.0", headers)
    who = "of-role" if "assume_role_arn" in keys else "of-user"
    assert f"Credential={who}/" in asked.headers["authorization"]
    assert "/eu-1/s3/" in asked.headers["authorization"]


def test_keys_that_contradict_each_other_are_told(numbers: Service) -> None:
    with pytest.raises(ResourceError, match="source: please specify access_key_id and secret_access_key, or"):
        semver.check(source(numbers, secret_access_key=None), None)


def test_the_type_keeps_every_rule_with_this_driver_too(service: Service) -> None:
    service.bucket(BUCKET)
    service.put(BUCKET, "the/number", b"1.2.0-rc.1")
    values: dict[str, object] = {"server": service.url}
    with HostExecutor("semver", find_programs("semver")) as executor, open_folder() as scratch:
        executor.show(scratch)
        scenario = read_scenario(Path(__file__).with_name("s3.yml"), scratch, values)
        findings = list(judge(Subject(executor, scenario, settle_s=0.5)))
    broken = [line for finding in findings if finding.verdict is Verdict.FAIL for line in lines(finding)]
    assert not broken, "\n".join(broken)
    assert sum(finding.verdict is Verdict.PASS for finding in findings) > 30
