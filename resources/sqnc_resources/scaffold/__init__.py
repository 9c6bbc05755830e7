"""A new project for a resource type: a working example with tests, image, README and CI.

Templates lie in `templates`: `common` ones, and those of each language. Their names and texts hold `@name@`
(`news-feed`) and `@module@` (`news_feed`). Nothing that exists is ever overwritten.
"""

from __future__ import annotations

import keyword
import os
import re
import sys
from typing import TYPE_CHECKING, Final

from sqnc_resources import readme
from sqnc_resources.errors import ResourceError
from sqnc_resources.reference import page
from sqnc_resources.types import load
from sqncshim.tables import RESOURCE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LANGUAGES: Final = ("python", "sh")
LONGEST_NAME: Final = 64
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SUFFIX: Final = ".in"  # what keeps a template from being taken for what it becomes
_BUILD_ARGUMENTS: Final = {
    "python": "--build-arg RESOURCES_IMAGE",
    "sh": "--build-arg RESOURCES_IMAGE --build-arg BASE_IMAGE",
}
_IMPORTED: Final = frozenset({"actions_compat", "click", "conftest", "pluggy", "pytest", "sqnc", "sqncshim"})
"""What the type and its tests import, and what would no longer be found beside a file of that name."""


class UnusableNameError(ValueError):
    """No resource type can have that name."""


def checked(name: str) -> str:
    """*name*, where a resource type can have it; raise UnusableNameError."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        wanted = "expected lower-case letters, digits and single hyphens, such as `news-feed`"
        raise UnusableNameError(f"`{name}`: {wanted}, {LONGEST_NAME} at most, the first one a letter")
    if name in RESOURCE_TYPES:
        raise UnusableNameError(f"`{name}`: a built-in type has this name")
    module = _module(name)
    if keyword.iskeyword(module):
        raise UnusableNameError(f"`{name}`: it names a Python module, and is a word of the language")
    if module in sys.stdlib_module_names or module in _IMPORTED or module.startswith(("sqnc_", "test_")):
        raise UnusableNameError(f"`{name}`: it would hide the Python module of that name")
    return name


def write(name: str, language: str, folder: Path) -> list[Path]:
    """Write the project into *folder*, which need not be there; the paths of its files, sorted.

    Raise ResourceError, with nothing written, where one of them is there.
    """
    files = {folder / path: text for path, text in sorted(_files(name, language))}
    if found := [str(file) for file in files if os.path.lexists(file)]:
        raise ResourceError(
            f"{', '.join(found)}: already there, and nothing is overwritten: name another folder"
        )
    try:
        for file, text in files.items():
            _write(file, text)
        module = _module(name)
        readme.write(folder / "README.md", page(name, load(str(folder / f"{module}.py"))))
    except OSError as error:
        raise ResourceError(f"{error.filename}: {error.strerror}") from error
    return list(files)


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x", encoding="utf-8") as opened:
        opened.write(text)
    if text.startswith("#!"):
        file.chmod(file.stat().st_mode | 0o111 & ~_umask())


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _files(name: str, language: str) -> Iterator[tuple[str, str]]:
    """The path of each file below the project's folder, and its text."""
    words = {"@name@": name, "@module@": _module(name), "@build_arguments@": _BUILD_ARGUMENTS[language]}
    for part in ("common", language):
        root = os.path.join(os.path.dirname(__file__), "templates", part)
        for folder, _, files in os.walk(root):
            for file in files:
                if not file.endswith(_SUFFIX):
                    continue
                path = os.path.join(folder, file)
                with open(path, encoding="utf-8") as opened:
                    text = opened.read()
                place = os.path.relpath(path, root).removesuffix(_SUFFIX)
                yield _replaced(place, words), _replaced(text, words)


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _module(name: str) -> str:
    return name.replace("-", "_")
