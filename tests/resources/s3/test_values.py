"""What a source may not say."""

from __future__ import annotations

import pytest

from sqnc_resources.errors import RequestError
from sqnc_resources.reading import read
from sqnc_resources.s3 import PutParams, Source


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({}, "please specify either regexp or versioned_file"),
        ({"regexp": "(.*)", "versioned_file": "f"}, "please specify either regexp or versioned_file"),
        ({"regexp": "(.*)", "initial_version": "1"}, "please use initial_path when regexp is set"),
        (
            {"versioned_file": "f", "initial_path": "1"},
            "please use initial_version when versioned_file is set",
        ),
        (
            {"versioned_file": "f", "ca_bundle": "x", "skip_ssl_verification": True},
            "please do not use ca_bundle",
        ),
        (
            {"versioned_file": "f", "initial_content_text": "x"},
            "please specify initial_version or initial_path",
        ),
        (
            {
                "versioned_file": "f",
                "initial_version": "1",
                "initial_content_text": "x",
                "initial_content_binary": "x",
            },
            "please use initial_content_text or initial_content_binary but not both",
        ),
        ({"versioned_file": "f", "checksum_algorithm": "SHA1", "skip_s3_checksums": True}, "cannot be used"),
        ({"versioned_file": "f", "checksum_algorithm": "MD5"}, r"expected .*`CRC32`.* got `MD5`"),
        ({"versioned_file": "f", "use_v2_signing": True}, "use_v2_signing is not supported"),
        ({"versioned_file": "f", "access_key_id": "a"}, "access_key_id and secret_access_key, or none"),
        ({"versioned_file": "f", "bucket": "arn:aws:s3:::b"}, "bucket: expected the name of a bucket"),
        ({"regexp": "a-(.*)", "initial_path": "b-1"}, "initial_path: expected a key that regexp matches"),
        ({"regexp": "a-(.*"}, "expected a regular expression, got `a-"),
    ],
)
def test_a_source_that_contradicts_itself_is_refused(keys: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        read(Source, {"bucket": "bbb", **keys}, "source", [])


@pytest.mark.parametrize(
    ("keys", "words"),
    [({}, "expected a pattern for the file"), ({"file": "a", "from": "b"}, "both file and from")],
)
def test_params_that_name_no_one_file_are_refused(keys: dict[str, object], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        read(PutParams, keys, "params", [])
