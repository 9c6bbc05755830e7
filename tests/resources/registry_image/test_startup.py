"""A check starts with what it needs; bench/checks.py measures what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.resources.registry_image.images import simple
from tests.resources.web.test_startup import NEVER, WEB, inside, modules

if TYPE_CHECKING:
    from tests.resources.registry_image.registries import FakeRegistry

TAG = {"", ".authorization", ".check", ".limits", ".manifests", ".names", ".registry", ".values"}


def test_a_check_of_a_tag_imports_no_more_than_it_needs(registry: FakeRegistry) -> None:
    registry.add("o/r", simple(), "1.0.0")
    found = modules("registry-image", {"repository": f"{registry.host}/o/r", "tag": "1.0.0"})
    assert found & NEVER == set()
    assert inside(found, "sqnc_resources.web") == WEB  # without tls and download
    assert inside(found, "sqnc_resources.registry_image") == TAG


def test_a_check_of_version_numbers_imports_little_more(registry: FakeRegistry) -> None:
    registry.add("o/r", simple(), "1.0.0")
    found = modules("registry-image", {"repository": f"{registry.host}/o/r"})
    assert inside(found, "sqnc_resources.registry_image") == {*TAG, ".tags"}
