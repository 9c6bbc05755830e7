"""A check of a bucket starts with what it needs; bench/checks.py measures what that costs."""

from __future__ import annotations

import pytest
from tests.resources.faulty_server import Answer, FaultyServer
from tests.resources.web.test_startup import NEVER, WEB, inside, modules

LIST = b"<R><Contents><Key>a-1</Key></Contents></R>"
HISTORY = b"<R><Version><Key>file</Key><VersionId>1</VersionId></Version></R>"
CHECK = {"", ".answers", ".bucket", ".check", ".pattern", ".place", ".signature", ".values"}


@pytest.mark.parametrize(
    ("keys", "own"), [({"regexp": "a-(.*)"}, {".listing"}), ({"versioned_file": "file"}, set())]
)
@pytest.mark.parametrize("who", [{}, {"access_key_id": "a", "secret_access_key": "b"}])
def test_a_check_imports_no_more_than_it_needs(
    keys: dict[str, str], own: set[str], who: dict[str, str], server: FaultyServer
) -> None:
    server.on("GET", "/bbb/", Answer(body=LIST if "regexp" in keys else HISTORY))
    found = modules("s3", {"bucket": "bbb", "endpoint": server.url, **keys, **who})
    assert found & (NEVER | {"botocore", "configparser"}) == set()
    assert inside(found, "sqnc_resources.web") == WEB  # without tls and download
    assert inside(found, "sqnc_resources.s3") == CHECK | own


def test_so_does_a_check_of_a_number_in_a_bucket(server: FaultyServer) -> None:
    server.on("GET", "/bbb/n", Answer(body=b"1.2.3"))
    keys = {"bucket": "bbb", "key": "n", "endpoint": server.url}
    found = modules("semver", {**keys, "access_key_id": "a", "secret_access_key": "b"})
    assert found & (NEVER | {"botocore", "configparser"}) == set()
    assert not {"sqnc_resources.shared.git", "sqnc_resources.git", "sqnc_resources.s3.credentials"} & found
