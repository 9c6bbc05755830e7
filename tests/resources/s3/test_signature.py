"""Signatures are those that AWS has published, and those that botocore makes."""

from __future__ import annotations

import datetime
import os
from urllib.parse import parse_qs, urlsplit

import botocore.auth
import botocore.credentials
import pytest
from botocore.awsrequest import AWSRequest
from hypothesis import given
from hypothesis import strategies as st

from sqnc_resources import Secret
from sqnc_resources.s3.place import Place
from sqnc_resources.s3.signature import PAYLOAD, Credentials, Scope, Signer, presigned, signed
from sqnc_resources.web import FilePart, Outgoing

# https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, its examples
ANN = Credentials("AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
MOMENT = datetime.datetime(2013, 5, 24, tzinfo=datetime.UTC)
SIGNING = (Scope("us-east-1"), ANN, MOMENT.timestamp())
NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
HOST = "https://examplebucket.s3.amazonaws.com"
EXAMPLES = {
    "GET object": (
        "GET", "/test.txt", {"Range": "bytes=0-9", PAYLOAD: NOTHING},
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    "PUT object": (
        "PUT", "/test%24file.text",
        {
            "Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY",
            PAYLOAD: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        },
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    "GET bucket lifecycle": (
        "GET", "/?lifecycle", {PAYLOAD: NOTHING},
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    "list objects": (
        "GET", "/?max-keys=2&prefix=J", {PAYLOAD: NOTHING},
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_signatures_are_those_of_the_published_examples(name: str) -> None:
    method, path, headers, signature = EXAMPLES[name]
    found = signed(method, f"{HOST}{path}", headers, SIGNING)
    assert found["Authorization"].endswith(f",Signature={signature}")
    assert "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request" in found["Authorization"]
    assert found["x-amz-date"] == "20130524T000000Z"


def test_a_signed_url_is_that_of_the_published_example() -> None:
    url = presigned(f"{HOST}/test.txt", 86400, SIGNING)
    signature = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    assert url == (
        f"{HOST}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524"
        "%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
        f"&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
    )


def theirs(url: str, headers: dict[str, str], who: Credentials) -> str:
    """The signature that botocore makes of it, at MOMENT."""
    request = AWSRequest(method="GET", url=url, headers=headers)
    request.context["timestamp"] = headers["x-amz-date"]
    token = who.session_token and who.session_token.reveal()
    if token:
        request.headers["X-Amz-Security-Token"] = token
    keys = botocore.credentials.Credentials(who.access_key_id, who.secret_access_key.reveal(), token)
    signer = botocore.auth.S3SigV4Auth(keys, "s3", "eu-west-1")
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))


TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",)), min_size=1, max_size=12)


@given(
    key=TEXT.filter(lambda text: set(text.split("/")).isdisjoint({".", "..", ""})),
    query=st.dictionaries(st.sampled_from(["prefix", "versionId", "list_type", "delimiter"]), TEXT),
    value=st.text(st.sampled_from("ab  =;,'"), max_size=9),
    token=st.none() | st.just(Secret("a/token+=")),
)
def test_any_request_has_the_signature_that_botocore_gives_it(
    key: str, query: dict[str, str], value: str, token: Secret | None
) -> None:
    url = Place("a-bucket", "https://s3.eu-west-1.amazonaws.com", path_style=False).url(key, **query)
    headers = {PAYLOAD: NOTHING, "x-amz-acl": f"v{value}", "x-amz-date": MOMENT.strftime("%Y%m%dT%H%M%SZ")}
    who = Credentials(ANN.access_key_id, ANN.secret_access_key, token)
    found = signed("GET", url, headers, (Scope("eu-west-1"), who, MOMENT.timestamp()))
    assert found["Authorization"].rpartition("=")[2] == theirs(url, headers, who)


def test_a_signed_url_of_temporary_credentials_is_that_of_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    who = Credentials(ANN.access_key_id, ANN.secret_access_key, Secret("a/token+="))
    url = presigned(f"{HOST}/a%20b?versionId=x%2Fy", 60, (Scope("eu-west-1"), who, MOMENT.timestamp()))
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_: MOMENT.replace(tzinfo=None))
    keys = botocore.credentials.Credentials(who.access_key_id, who.secret_access_key.reveal(), "a/token+=")
    request = AWSRequest(method="GET", url=f"{HOST}/a%20b?versionId=x%2Fy")
    botocore.auth.S3SigV4QueryAuth(keys, "s3", "eu-west-1", expires=60).add_auth(request)
    assert parse_qs(urlsplit(url).query) == parse_qs(urlsplit(request.url).query)


def test_only_what_no_proxy_changes_is_signed(tmp_path: os.PathLike[str]) -> None:
    signer = Signer(lambda: ANN, Scope("us-east-1"))
    headers = {"Content-Type": "text/plain", "x-amz-acl": "private", "X-Amz-Meta-Key": Secret("s")}
    found = signer.headers(Outgoing("PUT", f"{HOST}/x", headers, b"body"))
    assert (
        "SignedHeaders=host;x-amz-acl;x-amz-content-sha256;x-amz-date;x-amz-meta-key,"
        in found["Authorization"]
    )
    assert found[PAYLOAD] == "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
    part = signer.headers(Outgoing("PUT", f"{HOST}/x", {}, FilePart(f"{tmp_path}/file")))
    assert part[PAYLOAD] == "UNSIGNED-PAYLOAD"


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://Host:443/a", "https://host/a"),
        ("http://host:80/a", "http://host/a"),
        ("https://host/%2E%2E/a", "https://host/../a"),
        ("https://host", "https://host/"),
    ],
)
def test_two_ways_to_write_a_url_have_one_signature(url: str, same: str) -> None:
    one, other = (signed("GET", each, {PAYLOAD: NOTHING}, SIGNING) for each in (url, same))
    assert one == other


def test_another_port_is_another_host() -> None:
    one, other = (
        signed("GET", each, {PAYLOAD: NOTHING}, SIGNING) for each in ("https://h:9000/a", "https://h/a")
    )
    assert one != other
