"""What a workflow says of a container's volumes."""

from __future__ import annotations

from actions_compat.frozen import frozen


@frozen
class Volume:
    """A mount. *source* None is an anonymous volume."""

    source: str | None
    target: str
    read_only: bool


def parse_volume(text: str) -> Volume:
    """Read `[source:]target[:ro]`."""
    read_only = text.endswith(":ro")
    source, colon, target = text.removesuffix(":ro").partition(":")
    return Volume(source, target, read_only) if colon else Volume(None, source, read_only)
