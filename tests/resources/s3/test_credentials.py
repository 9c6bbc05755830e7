"""Who asks is found where AWS's own programs find it, and believed by a service that checks signatures."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.resources.conftest import Run
from tests.resources.faulty_server import Answer, FaultyServer, Received
from tests.resources.s3.service import POOL, Service, serving_s3

from sqnc_resources import ResourceError, Secret
from sqnc_resources.reading import read
from sqnc_resources.s3 import GetParams, PutParams, Source, check, get, profiles, put
from sqnc_resources.s3.credentials import Renewed, credentials_of, found_around
from sqnc_resources.s3.signature import Credentials
from sqnc_resources.s3.upload import PART_BYTES

LATER = "2999-01-01T00:00:00Z"
GIVEN = {"AccessKeyId": "id", "SecretAccessKey": "secret", "Token": "token", "Expiration": LATER}
FOUND = Credentials("id", Secret("secret"), Secret("token"), 32472144000)


@pytest.fixture(autouse=True)
def nothing_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials of the machine's, and nobody waits; what is found is not masked in this process."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("sqnc_resources.s3.credentials.hide", lambda *_: None)
    monkeypatch.setattr("time.sleep", lambda _: None)


def around(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Credentials:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return found_around("us-east-1")


# the environment


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(tmp_path, credentials="[default]\naws_access_key_id = x\naws_secret_access_key = y\n")
    variables = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
    assert around(monkeypatch, **variables) == Credentials("id", Secret("secret"))
    assert around(monkeypatch, AWS_SESSION_TOKEN="t").session_token == Secret("t")


def test_where_there_is_nothing_it_is_told() -> None:
    with pytest.raises(ResourceError, match=r"no credentials for AWS: expected source\.access_key_id and"):
        found_around("us-east-1")


# the files of a profile


def write(home: Path, **files: str) -> None:
    (home / ".aws").mkdir(exist_ok=True)
    for name, text in files.items():
        (home / ".aws" / name).write_text(text)


def test_a_profile_is_read_from_both_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(
        tmp_path,
        config="[default]\nregion = x\n[profile ann]\naws_access_key_id = old\naws_session_token = t%20\n",
        credentials="[default]\naws_access_key_id=a\naws_secret_access_key=b\n[ann]\n"
        "aws_access_key_id = id\naws_secret_access_key = secret\n",
    )
    assert found_around("r") == Credentials("a", Secret("b"))
    assert around(monkeypatch, AWS_PROFILE="ann") == Credentials("id", Secret("secret"), Secret("t%20"))


def test_files_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("[default]\naws_access_key_id=a\naws_secret_access_key=b\n")
    assert around(monkeypatch, AWS_SHARED_CREDENTIALS_FILE="~/mine") == Credentials("a", Secret("b"))


TWO = "[profile ann]\nrole_arn = r\nsource_profile = bob\n[profile bob]\nrole_arn = r\nsource_profile = ann\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[other]\n", "AWS_PROFILE: ann: there is no such profile; there are other"),
        ("[profile ann]\nsso_session = x\n", r"IAM Identity Center \(sso_\*\) are not supported"),
        ("[profile ann]\nrole_arn = r\n", "expected source_profile, or a credential_source"),
        ("[profile ann]\nrole_arn = r\ncredential_source = X\n", "got `X`"),
        (
            "[profile ann]\nrole_arn = r\nsource_profile = ann\n",
            "profile ann: source_profile leads back to it",
        ),
        (TWO, "profile ann: source_profile leads back to it"),
        ("[profile ann]\nrole_arn = r\nsource_profile = bob\n", "no credentials to take the role r with"),
        ("[profile ann]\ncredential_process = false\n", "profile ann: credential_process: "),
        ("[profile ann]\ncredential_process = echo no\n", "profile ann: credential_process: "),
        ("[profile ann]\ncredential_process = echo {}\n", "expected credentials with AccessKeyId"),
        ("aws_access_key_id = x\n", "config: expected sections as AWS's programs write them"),
    ],
)
def test_a_profile_that_gives_nothing_is_told(
    text: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path, config=text)
    with pytest.raises(ResourceError, match=words):
        around(monkeypatch, AWS_PROFILE="ann")


def test_a_process_gives_credentials(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho '{json.dumps({**GIVEN, 'Version': 1})}'\n")
    program.chmod(0o755)
    write(tmp_path, config=f"[default]\ncredential_process = {program} 'a b'\n")
    assert found_around("r") == FOUND


# metadata services


def test_a_container_has_credentials(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.on("GET", "/creds", Answer(500), Answer(body=json.dumps(GIVEN).encode()))
    variables = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/creds"}
    assert around(monkeypatch, **variables, AWS_CONTAINER_AUTHORIZATION_TOKEN="t") == FOUND
    (tmp_path / "token").write_text("from-file\n")
    around(monkeypatch, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(tmp_path / "token"))
    assert [one.headers["authorization"] for one in server.received] == ["t", "t", "from-file"]


def test_a_container_s_token_goes_to_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ResourceError, match=r"example.com: expected https, or an address of this machine"):
        around(monkeypatch, AWS_CONTAINER_CREDENTIALS_FULL_URI="http://example.com/creds")


METADATA = "/latest/meta-data/iam/security-credentials/"


def test_a_machine_has_credentials(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on("PUT", "/latest/api/token", Answer(body=b"the-token"))
    server.on("GET", METADATA, Answer(body=b"a-role"))
    server.on("GET", f"{METADATA}a-role", Answer(body=json.dumps({**GIVEN, "Code": "Success"}).encode()))
    variables = {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url}
    assert around(monkeypatch, **variables) == FOUND
    tokens = [one.headers.get("x-aws-ec2-metadata-token") for one in server.received]
    assert tokens == [None, "the-token", "the-token"]
    assert server.received[0].headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"


def test_a_machine_without_a_role_has_none(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on("PUT", "/latest/api/token", Answer(body=b"the-token"))
    variables = {"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url}
    with pytest.raises(ResourceError, match="no credentials for AWS"):
        around(monkeypatch, **variables)
    with pytest.raises(ResourceError, match="no credentials for AWS"):
        around(monkeypatch, AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:1")


def test_no_proxy_is_asked_for_what_is_near(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://metadata.invalid", "http_proxy": server.url}
    with pytest.raises(ResourceError, match="no credentials for AWS"):
        around(monkeypatch, **variables, AWS_EC2_METADATA_DISABLED="")
    assert not server.received


# which of them


@pytest.mark.parametrize(
    ("keys", "signs"),
    [
        ({}, False),
        ({"access_key_id": "a", "secret_access_key": "b"}, True),
        ({"enable_aws_creds_provider": True}, True),
    ],
)
def test_a_source_without_a_word_asks_as_anybody(
    keys: dict[str, Any], signs: bool, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "around")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "us")
    server.on("GET", "/bbb/", Answer(body=b"<R/>"))
    check(
        read(Source, {"bucket": "bbb", "endpoint": server.url, "regexp": "(.*)", **keys}, "source", []), None
    )
    assert ("authorization" in server.received[0].headers) == signs


def test_credentials_are_renewed_before_they_expire() -> None:
    found = [
        Credentials("1", Secret("s"), None, time.time() + 60),
        Credentials("2", Secret("s"), None, time.time() + 600),
    ]
    renewed = Renewed(lambda: found.pop(0))
    assert [renewed().access_key_id for _ in range(3)] == ["1", "2", "2"]


# roles


ANSWER = (
    "<{0}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{0}Result><Credentials>"
    "<AccessKeyId>id</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>"
    f"<Expiration>{LATER}</Expiration></Credentials></{{0}}Result></{{0}}Response>"
)


def fields(asked: Received) -> dict[str, str]:
    return Received("POST", f"?{asked.body.decode()}", {}, b"").query


def test_a_web_identity_takes_a_role(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.on("POST", "/", Answer(body=ANSWER.format("AssumeRoleWithWebIdentity").encode()))
    (tmp_path / "token").write_text("a+b/c=\n")
    variables = {"AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"), "AWS_ROLE_ARN": "the:role"}
    assert around(monkeypatch, **variables, AWS_ENDPOINT_URL_STS=server.url) == FOUND
    asked = fields(server.received[0])
    assert asked | {"RoleSessionName": ""} == {
        "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": "the:role",
        "RoleSessionName": "", "WebIdentityToken": "a+b/c=",
    }  # fmt: skip
    assert "authorization" not in server.received[0].headers


def test_a_profile_takes_a_role(
    server: FaultyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server.on("POST", "/", Answer(body=ANSWER.format("AssumeRole").encode()))
    write(
        tmp_path,
        config="[profile ann]\nrole_arn = the:role\nsource_profile = bob\nexternal_id = x\n"
        "role_session_name = me\n"
        "[profile eve]\nrole_arn = the:role\ncredential_source = Environment\n"
        "[profile self]\nrole_arn = the:role\nsource_profile = self\naws_access_key_id=own\n"
        "aws_secret_access_key=b\n",
        credentials="[bob]\naws_access_key_id=of-bob\naws_secret_access_key=b\n",
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
    assert around(monkeypatch, AWS_PROFILE="ann") == FOUND
    assert around(monkeypatch, AWS_PROFILE="self") == FOUND
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-eve")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv("AWS_PROFILE", "eve")

    assert profiles.find("us-east-1") == FOUND
    assert [
        f"Credential={name}/" in one.headers["authorization"]
        for name, one in zip(("of-bob", "own", "of-eve"), server.received, strict=True)
    ] == [True] * 3
    asked = fields(server.received[0])
    assert (asked["ExternalId"], asked["RoleSessionName"]) == ("x", "me")


def test_a_role_that_is_refused_is_told(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.on("POST", "/", Answer(403, b"<E><Error><Code>AccessDenied</Code></Error></E>"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    source = Source(
        "bbb", versioned_file="f", access_key_id="a", secret_access_key=Secret("b"), aws_role_arn="r"
    )
    with pytest.raises(ResourceError, match=r"error assuming role r: POST .* 403 Forbidden: AccessDenied"):
        credentials_of(source)()


# a service that checks signatures


class Account:
    """A user with a key, and a role, at a service that believes nobody."""

    def __init__(self, service: Service) -> None:
        self.service = service
        service.bucket("checked", versioned=True)
        self.iam("CreateUser", UserName="ann")
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        self.iam("PutUserPolicy", UserName="ann", PolicyName="all", PolicyDocument=json.dumps(policy))
        trust = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
        }
        self.role = text(
            self.iam("CreateRole", RoleName="r", AssumeRolePolicyDocument=json.dumps(trust)), "Arn"
        )
        self.iam("PutRolePolicy", RoleName="r", PolicyName="all", PolicyDocument=json.dumps(policy))
        made = self.iam("CreateAccessKey", UserName="ann")
        self.keys = {
            "access_key_id": text(made, "AccessKeyId"),
            "secret_access_key": text(made, "SecretAccessKey"),
        }
        POOL.request("POST", f"{service.url}/moto-api/reset-auth", body="0")

    def iam(self, action: str, **fields: str) -> str:
        known = {"Authorization": "AWS4-HMAC-SHA256 Credential=x/20240101/us-east-1/iam/aws4_request"}
        body = urlencode({"Action": action, "Version": "2010-05-08", **fields})
        reply = POOL.request(
            "POST",
            f"{self.service.url}/",
            body=body,
            headers={**known, "Content-Type": "application/x-www-form-urlencoded"},
        )
        assert reply.status == 200, reply.data
        return reply.data.decode()

    def described(self, **keys: Any) -> dict[str, Any]:
        return {
            "bucket": "checked",
            "endpoint": self.service.url,
            "regexp": r"a b/ü-(.*)\+\.tgz",
            **self.keys,
            **keys,
        }

    def source(self, **keys: Any) -> Source:
        return read(Source, self.described(**keys), "source", [])


def text(document: str, name: str) -> str:
    return document.partition(f"<{name}>")[2].partition("<")[0]


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    with serving_s3() as service:
        yield Account(service)


@pytest.fixture
def sts(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", account.service.url)


@pytest.mark.parametrize("as_role", [False, True])
@pytest.mark.parametrize("size", [10, PART_BYTES + 1])
@pytest.mark.usefixtures("sts")
def test_every_request_is_believed(size: int, as_role: bool, account: Account, tmp_path: Path) -> None:
    source = account.source(**({"aws_role_arn": account.role} if as_role else {}), private=True)
    (tmp_path / "ü-1+.tgz").write_bytes(b"x" * size)
    source = replace(source, server_side_encryption="AES256")
    version = put(source, PutParams("*.tgz", acl="public-read"), tmp_path).version
    assert check(source, None) == [version]
    get(source, version, GetParams(download_tags=True), tmp_path / "got")
    assert (tmp_path / "got" / "ü-1+.tgz").read_bytes() == b"x" * size
    one = account.source(regexp=None, versioned_file="a b/ü-1+.tgz")
    (found,) = check(one, None)
    get(one, found, GetParams(), tmp_path / "version")
    assert (tmp_path / "version" / "ü-1+.tgz").stat().st_size == size


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"secret_access_key": "wrong"}, "SignatureDoesNotMatch"),
        ({"access_key_id": "wrong"}, "InvalidAccessKeyId"),
        ({"session_token": "wrong"}, "InvalidToken"),
    ],
)
def test_who_cannot_prove_it_is_not_believed(keys: dict[str, str], words: str, account: Account) -> None:
    with pytest.raises(ResourceError, match=words):
        check(account.source(**keys), None)


def test_credentials_that_were_found_are_masked(
    account: Account, run: Run, server: FaultyServer, tmp_path: Path
) -> None:
    write(tmp_path, credentials="[default]\naws_access_key_id = a\naws_secret_access_key = not-to-be-shown\n")
    server.on("GET", "/bbb/", Answer(403, b"<Error>not-to-be-shown</Error>"))
    source = {"bucket": "bbb", "endpoint": server.url, "regexp": "(.*)", "enable_aws_creds_provider": True}
    env: Mapping[str, str] = {**os.environ, "HOME": str(tmp_path)}
    answer = run("check", "s3", {"source": source}, env=env)
    assert (answer.status, answer.stdout) == (1, "")
    assert "403 Forbidden: ***" in answer.stderr
