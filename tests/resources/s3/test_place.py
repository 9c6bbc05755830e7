"""Where buckets and objects are."""

from __future__ import annotations

import pytest

from sqnc_resources import ResourceError
from sqnc_resources.s3 import Source
from sqnc_resources.s3.pattern import KeyPattern
from sqnc_resources.s3.place import place_of

PATTERN = KeyPattern.parse("(.*)")


@pytest.mark.parametrize(
    ("keys", "url"),
    [
        ({}, "https://b-1.s3.us-east-1.amazonaws.com/k"),
        ({"region_name": "eu-west-1"}, "https://b-1.s3.eu-west-1.amazonaws.com/k"),
        ({"region_name": "cn-north-1"}, "https://b-1.s3.cn-north-1.amazonaws.com.cn/k"),
        ({"use_path_style": True}, "https://s3.us-east-1.amazonaws.com/b-1/k"),
        ({"bucket": "with.dots"}, "https://s3.us-east-1.amazonaws.com/with.dots/k"),
        ({"bucket": "Old_Style"}, "https://s3.us-east-1.amazonaws.com/Old_Style/k"),
        ({"endpoint": "minio.example.com"}, "https://b-1.minio.example.com/k"),
        ({"endpoint": "minio.example.com", "disable_ssl": True}, "http://b-1.minio.example.com/k"),
        ({"endpoint": "https://minio.example.com", "disable_ssl": True}, "https://b-1.minio.example.com/k"),
        ({"endpoint": "http://minio:9000/s3/", "bucket": "a.b.c-1"}, "http://minio:9000/s3/a.b.c-1/k"),
        ({"endpoint": "http://minio:9000/s3/", "bucket": "abc.def"}, "http://abc.def.minio:9000/s3/k"),
        ({"endpoint": "http://10.0.0.1:9000"}, "http://10.0.0.1:9000/b-1/k"),
        ({"endpoint": "http://[::1]"}, "http://[::1]/b-1/k"),
        (
            {"endpoint": "https://minio.example.com", "use_path_style": True},
            "https://minio.example.com/b-1/k",
        ),
    ],
)
def test_a_bucket_stands_before_the_host_or_in_the_path(keys: dict[str, object], url: str) -> None:
    source = Source(**{"bucket": "b-1", "regexp": PATTERN, **keys})  # type: ignore[arg-type]  # as a test says
    assert place_of(source).url("k") == url


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("a b/ü+%.tgz", "a%20b/%C3%BC%2B%25.tgz"),
        ("/a//b/", "/a//b/"),
        ("./a/../b..c", "%2E/a/%2E%2E/b..c"),
        ("~-_.!*'()", "~-_.%21%2A%27%28%29"),
    ],
)
def test_a_key_is_written_so_that_nobody_takes_it_for_another(key: str, path: str) -> None:
    assert place_of(Source("b-1", PATTERN)).url(key) == f"https://b-1.s3.us-east-1.amazonaws.com/{path}"


def test_a_url_for_others_has_the_bucket_before_the_host() -> None:
    place = place_of(Source("b-1", PATTERN, use_path_style=True))
    assert place.public_url("k", "a/b") == "https://b-1.s3.us-east-1.amazonaws.com/k?versionId=a%2Fb"


@pytest.mark.parametrize("endpoint", ["ftp://host", "https://", "https://host?x=y"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(ResourceError, match=r"source.endpoint: expected a host or https://host"):
        place_of(Source("b-1", PATTERN, endpoint=endpoint))
