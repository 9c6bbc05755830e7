"""What the service says, in XML."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError, fromstring

from sqnc_resources.web import BodyError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from sqnc_resources.web import Reply, StatusError


def tree(reply: Reply) -> Element:
    """The answer's document; raise BodyError where it is none."""
    try:
        return fromstring(reply.body)  # noqa: S314  (as above)
    except ParseError as error:
        raise BodyError(f"{reply.url.partition('?')[0]}: expected XML from S3: {error}") from error


def children(element: Element, *names: str) -> Iterator[Element]:
    """The elements right in *element* that have one of these names, in any name space."""
    return (child for child in element if child.tag.rpartition("}")[2] in names)


def text(element: Element, *path: str) -> str:
    """What the first element on *path* holds; empty where there is none."""
    for name in path:
        found = next(children(element, name), None)
        if found is None:
            return ""
        element = found
    return element.text or ""


def code(error: StatusError) -> str:
    """S3's word for an error: `NoSuchKey`; empty where the answer has none, as after HEAD."""
    try:
        return text(fromstring(error.body), "Code")  # noqa: S314  (as above)
    except ParseError:
        return ""
