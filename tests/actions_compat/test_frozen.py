"""Frozen classes and records are what `dataclass` makes of them, but for the time that it takes."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace
from typing import TYPE_CHECKING

import pytest

from actions_compat.frozen import frozen, record, replaced

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class Place:
    """Where something is."""

    file: str
    line: int = 1
    secret: str = field(default="", repr=False)
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Twin:
    """`Place`, as the standard library makes it."""

    file: str
    line: int = 1
    secret: str = field(default="", repr=False)
    notes: Mapping[str, str] = field(default_factory=dict)


@frozen
class Undocumented:
    name: str


@frozen
class Empty:
    """Holds nothing."""


@frozen
class Checked:
    """Has ways of its own."""

    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("a size is not negative")

    def __repr__(self) -> str:
        return f"{self.size} bytes"


@record
class Progress:
    """How far something is."""

    name: str
    done: int = 0
    notes: list[str] = field(default_factory=list)


@pytest.mark.parametrize(
    ("given", "named"),
    [(("a",), {}), (("a", 2), {}), ((), {"file": "a", "secret": "s"}), (("a", 3, "s", {"k": "v"}), {})],
)
def test_it_is_made_shown_and_taken_apart_as_a_dataclass(given, named) -> None:
    place, twin = Place(*given, **named), Twin(*given, **named)
    assert asdict(place) == asdict(twin)
    assert repr(place) == repr(twin).replace("Twin", "Place")


def test_the_first_values_of_a_class_are_as_all_others() -> None:
    """`__init__` is compiled only after some."""

    @frozen
    class Fresh:
        file: str
        line: int = 1
        secret: str = field(default="", repr=False)
        notes: Mapping[str, str] = field(default_factory=dict)
        size: int = field(default=3)

        def __post_init__(self) -> None:
            if self.line < 0:
                raise ValueError("a line is not negative")

    for number in range(40):
        value = Fresh(f"{number}", secret="s")
        assert asdict(value) == {"file": f"{number}", "line": 1, "secret": "s", "notes": {}, "size": 3}
        assert value.notes is not Fresh("b").notes
        with pytest.raises(ValueError, match="not negative"):
            Fresh("a", -1)
    assert Undocumented("a") == Undocumented("a")
    assert Empty() == Empty()


def test_a_field_without_a_default_is_wanted_however_it_is_declared() -> None:
    @frozen
    class Wanted:
        name: str = field(repr=False)

    with pytest.raises(TypeError, match="missing 1 required positional argument: 'name'"):
        Wanted()  # type: ignore[call-arg]  # what it is about
    assert Wanted("a").name == "a"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((), {}),
        ((), {"file": "a", "lines": 2}),
        ((), {"file": "a", "line": 1, "more": 2}),
        (("a",), {"file": "a"}),
        (("a", 1, "s", {}, "more"), {}),
    ],
)
def test_what_does_not_fit_its_fields_is_refused_with_the_class_named(given, named) -> None:
    @frozen
    class Fresh:
        file: str
        line: int = 1
        secret: str = field(default="", repr=False)
        notes: Mapping[str, str] = field(default_factory=dict)

    for cls in (Fresh, Place):  # before and after its `__init__` is compiled
        with pytest.raises(TypeError, match=rf"{cls.__name__}\.__init__\(\)"):
            cls(*given, **named)


def test_values_are_equal_by_class_and_fields() -> None:
    assert Place("a", notes={"k": "v"}) == Place("a", 1, "", {"k": "v"})
    assert Place("a") != Place("b")
    assert Place("a") != Twin("a")
    assert Undocumented("a") != "a"


def test_equal_values_have_one_place_in_a_set() -> None:
    assert len({Undocumented("a"), Undocumented("a"), Undocumented("b")}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Place("a"))  # its notes are a dict


def test_nothing_of_it_changes() -> None:
    place = Place("a")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'line'"):
        place.line = 2  # type: ignore[misc]  # what it is about
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'line'"):
        del place.line  # type: ignore[misc]  # as above
    with pytest.raises(FrozenInstanceError):
        place.other = 2  # type: ignore[attr-defined]  # as above
    assert not hasattr(place, "__dict__")


def test_each_value_gets_a_default_of_its_own() -> None:
    assert Place("a").notes is not Place("a").notes


def test_the_standard_library_takes_it_for_a_dataclass() -> None:
    assert is_dataclass(Place)
    assert [one.name for one in fields(Place)] == ["file", "line", "secret", "notes"]
    assert replace(Place("a", 5), file="b") == Place("b", 5)
    match Place("a", 5):
        case Place(file, line):
            assert (file, line) == ("a", 5)


def test_it_can_be_copied_and_pickled() -> None:
    place = Place("a", 5, notes={"k": "v"})
    assert copy.copy(place) == place
    assert copy.deepcopy(place) == place
    assert pickle.loads(pickle.dumps(Undocumented("a"))) == Undocumented("a")


def test_its_own_methods_stay() -> None:
    assert repr(Checked(3)) == "3 bytes"
    for _ in range(2):
        with pytest.raises(ValueError, match="not negative"):
            Checked(-1)


def test_a_record_is_made_and_shown_as_a_dataclass_and_its_fields_change() -> None:
    progress = Progress("build", notes=["begun"])
    progress.done += 1
    progress.notes.append("one more")
    assert repr(progress) == "Progress(name='build', done=1, notes=['begun', 'one more'])"
    assert is_dataclass(progress)
    assert replace(progress, name="test").done == 1
    assert not hasattr(progress, "__dict__")
    with pytest.raises(AttributeError):
        progress.dome = 2  # type: ignore[attr-defined]  # what it is about


def test_a_record_is_equal_to_itself_alone() -> None:
    progress = Progress("build")
    assert progress != Progress("build")
    assert {progress: 1, Progress("build"): 2}[progress] == 1


def test_each_record_gets_a_default_of_its_own() -> None:
    assert Progress("a").notes is not Progress("b").notes


def test_a_class_with_bases_is_refused() -> None:
    with pytest.raises(TypeError, match="Smaller: a frozen class or a record has no bases"):

        @frozen
        class Smaller(Undocumented):
            size: int


@pytest.mark.parametrize("option", [{"init": False}, {"compare": False}, {"kw_only": True}])
def test_what_a_field_cannot_say_here_is_refused(option) -> None:
    with pytest.raises(TypeError, match=r"Odd\.size: a field has a default, a factory and `repr`, no more"):

        @frozen
        class Odd:
            size: int = field(default=1, **option)


def test_its_documentation_is_its_own_or_its_name() -> None:
    assert (Place.__doc__, Undocumented.__doc__) == ("Where something is.", "Undocumented")


@pytest.mark.parametrize("change", [replace, replaced])
def test_a_value_with_other_fields_is_a_new_one(change) -> None:
    place = Place("a", 5, notes={"k": "v"})
    assert change(place, file="b") == Place("b", 5, notes={"k": "v"})
    assert change(place) is not place
    with pytest.raises(TypeError, match="unexpected keyword argument 'files'"):
        change(place, files="b")
