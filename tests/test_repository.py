"""What the repository says twice, it says alike."""

from __future__ import annotations

import ast
import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sqncshim.tables import RESOURCE_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
TOOL: dict[str, Any] = PROJECT["tool"]
PACKAGES: list[str] = TOOL["hatch"]["build"]["targets"]["wheel"]["packages"]
NAMES = [Path(package).name for package in PACKAGES]


def read(path: str) -> str:
    return (ROOT / path).read_text()


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


# Packages


def test_every_tool_knows_every_package() -> None:
    assert TOOL["mypy"]["files"] == PACKAGES
    assert TOOL["mypy"]["mypy_path"] == [str(Path(package).parent) for package in PACKAGES]
    assert set(TOOL["ruff"]["src"]) >= {str(Path(package).parent) for package in PACKAGES}
    assert sorted(TOOL["importlinter"]["root_packages"]) == sorted(NAMES)


def test_every_package_is_there_and_no_other() -> None:
    found = {str(path.parent.relative_to(ROOT)) for path in ROOT.glob("*/*/py.typed")}
    assert found == set(PACKAGES)


def test_every_package_has_its_place_in_the_arrow() -> None:
    contracts = TOOL["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    alone = next(contract for contract in contracts if contract["type"] == "forbidden")
    assert {*layers, *alone["source_modules"]} == set(NAMES)
    assert set(alone["forbidden_modules"]) == set(layers)


def test_every_component_has_its_tests() -> None:
    written = [Path(package) for package in PACKAGES if len(list(python_files(package))) > 1]
    tests = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("*/test_*.py")}
    assert [path for path in written if not {path.name, path.parent.name} & tests] == []


@pytest.mark.parametrize(
    ("module", "home"), [("docker", "sqnc/sqnc/runtimes/docker"), ("git", "sqncshim/sqncshim/git")]
)
def test_a_client_library_is_imported_in_one_place(module: str, home: str) -> None:
    importers = {
        str(file.relative_to(ROOT)) for file in python_files(*PACKAGES) if module in imports_of(file)
    }
    assert importers, f"nothing imports {module} any more: remove the dependency"
    assert {importer for importer in importers if not importer.startswith(home)} == set()


def imports_of(file: Path) -> set[str]:
    """Return the top-level names that *file* imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


# Versions of Python


def test_one_oldest_python_is_named_everywhere() -> None:
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    classifiers = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert classifiers[0] == oldest
    assert TOOL["mypy"]["python_version"] == oldest
    assert TOOL["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert f"sys.version_info < ({oldest.replace('.', ', ')})" in read("scripts/make-venv")
    assert f"Python {oldest}" in read("CONTRIBUTING.md")


# Targets and CI


def targets() -> list[str]:
    found = re.search(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)
    assert found, "the Makefile names no target"
    return found[1].split()


def test_make_help_names_every_target() -> None:
    helped = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make (\S+)", helped, re.MULTILINE) == targets()
    assert re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE) == targets()


def test_contributing_names_every_target() -> None:
    named = re.findall(r"^\| `make ([a-z-]+)", read("CONTRIBUTING.md"), re.MULTILINE)
    assert sorted(named) == sorted(set(targets()) - {"help"})


def test_the_hosted_ci_does_what_the_script_does() -> None:
    workflow = yaml.safe_load(read(".github/workflows/ci.yml"))
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert commands == [".ci/run"]
    stages = re.findall(r"^  stage .*?make (\S+)", read(".ci/run"), re.MULTILINE)
    assert stages == ["lint", "docker", "test-images", "peers", "test", "run", "run"]
    assert set(stages) <= set(targets())


# Images and benchmarks


def test_the_shim_image_that_is_built_is_the_one_that_is_looked_for() -> None:
    built = re.search(r"^SHIM_IMAGE \?= (\S+)$", read("Makefile"), re.MULTILINE)
    assert built
    assert f'SHIM_IMAGE: Final = "{built[1]}"' in read("sqnc/sqnc/runtimes/docker/bundle.py")


def test_the_test_images_have_the_same_names_everywhere() -> None:
    program = runpy.run_path(str(ROOT / "tests/images/make_images.py"))
    made = [image.name for image in program["images"]()]
    assert list(runpy.run_path(str(ROOT / "tests/conftest.py"))["IMAGES"].values()) == made
    for text in (program["__doc__"], read("CONTRIBUTING.md")):
        assert re.findall(r"^\| `(sqnc-test/\S+)`", text, re.MULTILINE) == made


def test_the_page_of_benchmarks_has_the_sections_that_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from bench import run  # noqa: PLC0415 -- found only once the root is on the path

    page = read("docs/benchmarks.md")
    assert page.count(run.MARKER) == 1
    sections = re.findall(r"^## (.*)$", page.partition(run.MARKER)[2], re.MULTILINE)
    assert sections == list(run.sections(rounds=1))
    shared = {"run", "measure", "peers", "steps", "startup"}
    assert {path.stem for path in (ROOT / "bench").glob("*.py")} - shared == set(run.PARTS)


def test_the_check_of_each_type_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from bench import checks  # noqa: PLC0415 -- found only once the root is on the path

    measured = {check.argv[-1] for check in checks.checks(checks.Peers("", "http://a", "https://a", ""))}
    assert measured == set(RESOURCE_TYPES)


# Ignores

IGNORE = re.compile(
    r"#\s*(?:noqa|type: ignore|pragma)\b(?P<what>[:\[][A-Z0-9a-z, \-\]]*?)?(?P<reason>\s+(?:#|--|\().*)?$"
)


def test_every_ignore_says_what_and_why() -> None:
    bare = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in python_files(*PACKAGES, "tests", "bench", "scripts")
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if (found := IGNORE.search(line)) and not (found["what"] and found["reason"])
    ]
    assert not bare, "\n".join(bare)


def test_every_rule_switched_off_for_all_says_why() -> None:
    section = read("pyproject.toml").partition("\nignore = [\n")[2].partition("]")[0]
    ignored = [line for line in section.splitlines() if line.strip()]
    assert len(ignored) == len(TOOL["ruff"]["lint"]["ignore"])
    assert [line for line in ignored if "#" not in line] == []


def test_what_windows_is_spared_is_there() -> None:
    program = runpy.run_path(str(ROOT / "scripts/typecheck.py"))
    assert [path for path in program["POSIX_ONLY"] if not (ROOT / path).exists()] == []
    assert [path for path in program["DEVELOPERS"] if not (ROOT / path).exists()] == []


def test_the_tests_run_under_a_python_that_the_project_supports() -> None:
    oldest = tuple(int(part) for part in PROJECT["project"]["requires-python"].removeprefix(">=").split("."))
    assert sys.version_info >= oldest
