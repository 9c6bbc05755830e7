"""What the name of a resource type means."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions_compat.nodes import WorkflowError
from sqnc.resources.kinds import (
    BuiltIn,
    ImageKind,
    Kind,
    MadeImage,
    PythonFile,
    Scripts,
    describe,
    kind_of,
    parse_place,
)
from sqnc_resources.emulator.configuration import read_configuration
from sqnc_resources.emulator.vars import Variables

TYPES = """\
resource_types:
- {name: ours, type: registry-image, source: {repository: example/ours, tag: 1.5}, privileged: true}
- {name: pinned, type: docker-image, source: {repository: example/ours, tag: x, digest: "sha256:1"}}
- {name: plain, type: registry-image, source: {repository: example/plain}}
- {name: varied, type: registry-image, source: {repository: ((repository))}}
- {name: git, type: registry-image, source: {repository: example/git}}
- {name: registry-image, type: registry-image, source: {repository: example/registry}}
- {name: made, type: mock, source: {mirror_self: true}}
- {name: nameless, type: mock}
resources:
"""


def kind(resource_type: str, file: str = "p.yml", **given: str) -> Kind:
    text = f"{TYPES}- {{name: r, type: {resource_type!r}}}\n".replace(
        "name: registry-image, type: registry-image", "name: other, type: mock"
    )
    return of(text, file, given)


def of(text: str, file: str, given: dict[str, str]) -> Kind:
    configuration = read_configuration(text, file, Variables(({"repository": "example/varied"},)))
    return kind_of(configuration.resource("r"), configuration, given)


def test_the_types_of_a_file_come_before_those_that_are_built_in() -> None:
    assert kind("mock") == BuiltIn("mock")
    assert kind("git") == ImageKind("example/git")


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("ours", "example/ours:1.5"),
        ("pinned", "example/ours@sha256:1"),
        ("plain", "example/plain"),
        ("varied", "example/varied"),
    ],
)
def test_a_type_of_a_registry_is_its_image(name: str, reference: str) -> None:
    assert kind(name) == ImageKind(reference, privileged=name == "ours")


def test_a_type_may_be_made_by_any_other() -> None:
    made = kind("made")
    assert isinstance(made, MadeImage)
    assert (made.entry.name, made.kind) == ("made", BuiltIn("mock"))


def test_a_type_may_have_the_name_of_the_one_that_it_is_made_with() -> None:
    text = f"{TYPES}- {{name: r, type: plain}}\n"
    made = of(text, "p.yml", {})
    assert isinstance(made, MadeImage)
    assert (made.entry.name, made.kind) == ("plain", ImageKind("example/registry"))


def test_types_that_are_made_by_each_other_have_an_end() -> None:
    text = "resource_types: [{name: mock, type: mock}, {name: a, type: b}, {name: b, type: a}]\nresources:\n"
    made = of(f"{text}- {{name: r, type: mock}}\n", "p.yml", {})
    assert isinstance(made, MadeImage)
    assert made.kind == BuiltIn("mock")
    with pytest.raises(WorkflowError, match="b: there is no resource type 'a'"):
        of(f"{text}- {{name: r, type: a}}\n", "p.yml", {})


def test_what_is_given_comes_first() -> None:
    assert kind("mock", mock="example/mock:2") == ImageKind("example/mock:2")
    assert kind("ours", ours="./folder") == Scripts(Path("folder").absolute())
    made = kind("plain", **{"registry-image": "/types/registry"})
    assert isinstance(made, MadeImage)
    assert made.kind == Scripts(Path("/types/registry"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("example/name:1", ImageKind("example/name:1")),
        ("docker://./odd", ImageKind("./odd")),
        ("registry.example.com:5000/name@sha256:00", ImageKind("registry.example.com:5000/name@sha256:00")),
        ("./type", Scripts(Path("/base/type"))),
        ("../type", Scripts(Path("/base/../type"))),
        (".", Scripts(Path("/base"))),
        ("/type", Scripts(Path("/type"))),
        ("type.py", PythonFile(Path("/base/type.py"))),
        ("a/type.py:Class", PythonFile(Path("/base/a/type.py"), "Class")),
    ],
)
def test_places(text: str, expected: Kind) -> None:
    assert parse_place(text, Path("/base")) == expected


def test_a_type_with_a_slash_lies_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "types" / "mine").mkdir(parents=True)
    (tmp_path / "types" / "mine" / "check").touch()
    (tmp_path / "types" / "mine.py").touch()
    file = str(tmp_path / "p.yml")
    for name in ("types/mine", "./types/mine"):
        assert kind(name, file) == Scripts(tmp_path / "types" / "mine")
    assert kind("types/mine.py", file) == PythonFile(tmp_path / "types" / "mine.py")
    assert kind("./types/mine.py:A", file) == PythonFile(tmp_path / "types" / "mine.py", "A")


@pytest.mark.parametrize("place", ["assets", "opt/resource", "bin"])
def test_programs_may_lie_where_repositories_of_types_have_them(place: str, tmp_path: Path) -> None:
    (tmp_path / "mine" / place).mkdir(parents=True)
    (tmp_path / "mine" / place / "in").touch()
    assert kind("./mine", str(tmp_path / "p.yml")) == Scripts(tmp_path / "mine" / place)
    assert kind("ours", ours=str(tmp_path / "mine")) == Scripts(tmp_path / "mine" / place)


def test_a_folder_without_programs_is_none_and_its_python_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "mine.py").touch()
    with pytest.raises(WorkflowError, match=r"mine holds no programs: .* the Python file .*: mine\.py"):
        kind("./mine", str(tmp_path / "p.yml"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "hg",
            "the type 'hg' is one of Concourse's own that is not built in yet (run its image: --type hg=",
        ),
        ("mok", "there is no resource type 'mok' (did you mean `mock`? Or say what runs it with --type)"),
        ("./nothing", "there is no "),
        ("nothing.py", "there is no "),
    ],
)
def test_what_is_no_type(name: str, message: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        kind(name)
    assert str(caught.value).startswith(f"p.yml:11:19: r: {message}")


def test_an_image_needs_its_name() -> None:
    text = TYPES.replace("{repository: example/plain}", "{}").replace(
        "name: registry-image, type: registry-image", "name: other, type: mock"
    )
    with pytest.raises(WorkflowError, match=r"p.yml:4:47: plain: its source has no `repository`"):
        of(f"{text}- {{name: r, type: plain}}\n", "p.yml", {})


def test_each_kind_has_a_text_of_its_own() -> None:
    kinds = [
        BuiltIn("a"),
        ImageKind("a"),
        Scripts(Path("/a")),
        PythonFile(Path("/a")),
        PythonFile(Path("/a"), "B"),
        kind("made"),
    ]
    assert len({describe(found) for found in kinds}) == len(kinds)
