"""Expands a matrix into its legs, exactly as GitHub does (actions/runner `MatrixBuilder.cs`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Sized
from itertools import product
from math import prod

from actions_compat.expressions.nodes import item_of
from actions_compat.expressions.values import equals, fold, name_in, to_text
from actions_compat.frozen import frozen

MAX_LEGS = 256
MAX_NAME = 100
_MAX_PRODUCT = 16_384  # combinations that excludes may still bring down to the legs allowed


class MatrixError(ValueError):
    """The matrix has no legs, or cannot be read; the message is GitHub's where GitHub has one."""


@frozen
class Leg:
    """One combination: `values` is the `matrix` context, `named` the values that the job's name shows."""

    values: Mapping[str, object]
    named: tuple[object, ...] = ()


def expand(matrix: object, *, max_legs: int = MAX_LEGS) -> list[Leg]:
    """Return the legs in GitHub's order: the first key varies slowest, legs of `include` alone come last.

    *matrix* is evaluated already; its order counts. Raise MatrixError.
    """
    keys = _expect_mapping(matrix, "matrix")
    sections = {fold(key): _expect_list(value, key) for key, value in keys.items() if _is_section(key)}
    vectors = {key: _vector(key, value) for key, value in keys.items() if not _is_section(key)}
    includes = [_extension(item) for item in sections.get("INCLUDE", ())]
    excludes = [_filter(item, vectors) for item in sections.get("EXCLUDE", ())]
    if not vectors and not includes:
        raise MatrixError("Matrix must define at least one vector")
    if prod(map(len, vectors.values())) > _MAX_PRODUCT:
        raise MatrixError(f"The matrix makes more than {_MAX_PRODUCT} combinations")
    combinations = [leg for leg in _product(vectors) if not any(_matches(item, leg) for item in excludes)]
    _check_count(combinations, max_legs)
    legs = _include(combinations, includes, vectors)
    _check_count(legs, max_legs)
    return legs


def _check_count(legs: Sized, max_legs: int) -> None:
    if len(legs) > max_legs:
        raise MatrixError(f"The matrix makes {len(legs)} jobs, and at most {max_legs} are allowed")


def job_name(base: str, leg: Leg) -> str:
    """Return *base* with the leg's values: `test (linux, 3.12)`, at most 100 characters.

    For a name that holds no expression; one that does says itself how legs differ, and is used as it is.
    """
    shown = [text for value in leg.named for text in _leaves(value) if text]
    name = f"{base} ({', '.join(shown)})" if shown else base
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 3] + "..."


def _is_section(key: str) -> bool:
    return key in {"include", "exclude"}


def _vector(key: str, value: object) -> Sequence[object]:
    values = _expect_list(value, key)
    if not values:
        raise MatrixError(f"Matrix vector '{key}' does not contain any values")
    return values


def _filter(item: object, vectors: Mapping[str, object]) -> Mapping[str, object]:
    wanted = _expect_mapping(item, "exclude")
    if not wanted:
        raise MatrixError("Matrix exclude filter must not be empty")
    for key in wanted:
        if name_in(vectors, key) is None:
            raise MatrixError(f"Matrix exclude key '{key}' does not match any key within the matrix")
    return wanted


def _extension(item: object) -> Mapping[str, object]:
    given = _expect_mapping(item, "include")
    if not given:
        raise MatrixError("Matrix include mapping does not contain any values")
    return given


def _product(vectors: Mapping[str, Sequence[object]]) -> Iterator[dict[str, object]]:
    if vectors:
        for values in product(*vectors.values()):
            yield dict(zip(vectors, values, strict=True))


def _include(
    combinations: list[dict[str, object]],
    includes: list[Mapping[str, object]],
    vectors: Mapping[str, object],
) -> list[Leg]:
    """Add each item's extras to the combinations that it fits; an item that fits none is a leg of its own."""
    extras: list[dict[str, object]] = [{} for _ in combinations]
    own: list[Leg] = []
    for item in includes:
        wanted = {key: value for key, value in item.items() if name_in(vectors, key) is not None}
        more = {key: value for key, value in item.items() if key not in wanted}
        fitting = [extra for leg, extra in zip(combinations, extras, strict=True) if _matches(wanted, leg)]
        for extra in fitting:
            for key, value in more.items():
                extra[name_in(extra, key) or key] = value
        if not fitting:
            own.append(Leg(wanted | more, (*wanted.values(), *more.values())))
    legs = [Leg(leg | extra, tuple(leg.values())) for leg, extra in zip(combinations, extras, strict=True)]
    return legs + own


def _matches(wanted: object, value: object) -> bool:
    """Whether each leaf of *wanted* equals what an expression finds in its place: null where nothing is."""
    if isinstance(wanted, Mapping):
        return all(_matches(item, item_of(value, key)) for key, item in wanted.items())
    if isinstance(wanted, (list, tuple)):
        return all(_matches(item, item_of(value, index)) for index, item in enumerate(wanted))
    return equals(wanted, value)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    else:
        yield to_text(value)


def _expect_mapping(value: object, what: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise MatrixError(f"{_unexpected(value)} ({what}: expected a mapping)")


def _expect_list(value: object, what: str) -> Sequence[object]:
    if isinstance(value, (list, tuple)):
        return value
    raise MatrixError(f"{_unexpected(value)} ({what}: expected a list)")


def _unexpected(value: object) -> str:
    if isinstance(value, Mapping):
        return "A mapping was not expected"
    if isinstance(value, (list, tuple)):
        return "A sequence was not expected"
    return f"Unexpected value '{to_text(value)}'"
