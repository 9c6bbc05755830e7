"""Headers: by name in any case, fit to be sent, and kept from whom they are not for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar

from sqnc_resources.keys import Secret
from sqnc_resources.web.errors import WebError

T = TypeVar("T", str, "str | Secret")

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE: Final = re.compile("[\t\x20-\x7e\x80-\xff]*")
_PRIVATE: Final = frozenset({"authorization", "cookie", "proxy-authorization"})


def merged(headers: Mapping[str, T], others: Mapping[str, T]) -> dict[str, T]:
    """*headers* and *others*, which count where the same name is in both, in any case."""
    names = {name.lower() for name in others}
    return {**{name: value for name, value in headers.items() if name.lower() not in names}, **others}


def opened(headers: Mapping[str, str | Secret], *, at_home: bool) -> dict[str, str]:
    """The headers as texts; for another origin than the first without what is private.

    Raise WebError, which does not show it, for what no header can be.
    """
    found = {}
    for name, value in headers.items():
        private = isinstance(value, Secret) or name.lower() in _PRIVATE
        if at_home or not private:
            found[name] = _checked(name, value.reveal() if isinstance(value, Secret) else value)
    return found


def _checked(name: str, value: str) -> str:
    if not _NAME.fullmatch(name):
        raise WebError(f"header `{name}`: expected the name of a header, such as X-Name")
    if not _VALUE.fullmatch(value):
        raise WebError(f"header {name}: expected a line of Latin-1; is there a line end in it?")
    return value
