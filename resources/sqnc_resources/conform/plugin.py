"""The kit in pytest: `resource_rule` is each rule in turn, and fixtures for the tests of a type.

    def test_the_type_keeps(resource_rule):
        resource_rule.judge()

Which type, and by which scenario, say the settings `resource_type` and `resource_scenario` (relative to the
folder of pytest's configuration), or fixtures of these names, which a module or conftest.py may replace:
`resource_executor`, too, to judge an image.

pytest loads this in every session where sequence is installed, so it imports nothing before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

if TYPE_CHECKING:
    from sqnc_resources.conform.executor import Executor
    from sqnc_resources.conform.rules.rule import Rule
    from sqnc_resources.conform.subject import Subject

_RULE: Final = "resource_rule"
WriteFolder: TypeAlias = Callable[[Mapping[str, object]], Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("resource_type", "The resource type to judge, as `sqncshim conform` takes it.", default="")
    parser.addini("resource_scenario", "Its scenario; else conform.yml beside it.", default="")
    group = parser.getgroup("resource types")
    group.addoption(
        "--resource-record",
        action="store_true",
        help="Record what resource types say to servers and programs, in place of replaying it.",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with `resource_rule` becomes one for each rule."""
    if _RULE in metafunc.fixturenames:
        from sqnc_resources.conform.rules import RULES  # noqa: PLC0415  (only such a test needs them)

        metafunc.parametrize(_RULE, RULES, indirect=True, ids=[rule.name for rule in RULES])


class JudgedRule:
    """One rule, for one type."""

    def __init__(self, rule: Rule, subject: Subject) -> None:
        self.rule = rule
        self.subject = subject

    def judge(self) -> None:
        """Fail where the type breaks the rule; skip where it cannot be judged."""
        from sqnc_resources.conform.kit import Verdict, judge_rule  # noqa: PLC0415  (as above)
        from sqnc_resources.conform.report import lines  # noqa: PLC0415  (as above)

        finding = judge_rule(self.subject, self.rule)
        if finding.verdict is Verdict.UNJUDGED:
            pytest.skip(finding.text)
        if finding.verdict is Verdict.FAIL:
            pytest.fail("\n".join(lines(finding)), pytrace=False)


@pytest.fixture(scope="module")
def resource_type(pytestconfig: pytest.Config) -> str:
    """What is judged: a folder, a Python file, a built-in type. The setting; else pytest's root folder."""
    return _place(pytestconfig, pytestconfig.getini("resource_type") or ".")


@pytest.fixture(scope="module")
def resource_scenario(pytestconfig: pytest.Config, resource_type: str) -> object:
    """The scenario: a path, a mapping, or None for an empty source. The setting; else the file beside it."""
    from sqnc_resources.conform.scenario_file import find_beside  # noqa: PLC0415  (as above)

    setting = pytestconfig.getini("resource_scenario")
    return Path(_place(pytestconfig, setting)) if setting else find_beside(resource_type)


def _place(config: pytest.Config, setting: str) -> str:
    """A path from the configuration, which is relative to its folder; a name stays what it is."""
    place = config.rootpath / setting
    is_path = place.exists() or setting.partition(":")[0].endswith(".py")
    return str(place) if is_path else setting


@pytest.fixture(scope="module")
def resource_executor(resource_type: str) -> Iterator[Executor]:
    """What runs the type's programs: on this machine."""
    from sqnc_resources.conform.host import HostExecutor  # noqa: PLC0415  (as above)
    from sqnc_resources.conform.programs import find_programs  # noqa: PLC0415  (as above)

    with HostExecutor(resource_type, find_programs(resource_type)) as executor:
        yield executor


@pytest.fixture(scope="module")
def resource_subject(resource_executor: Executor, resource_scenario: object) -> Iterator[Subject]:
    """The type under judgement; its runs are made once for all tests of a module."""
    from sqnc_resources.conform.folders import open_folder  # noqa: PLC0415  (as above)
    from sqnc_resources.conform.scenario import Scenario  # noqa: PLC0415  (as above)
    from sqnc_resources.conform.scenario_file import make_scenario, read_scenario  # noqa: PLC0415  (as above)
    from sqnc_resources.conform.subject import Subject  # noqa: PLC0415  (as above)

    with open_folder() as scratch:
        resource_executor.show(scratch)
        match resource_scenario:
            case None:
                scenario = Scenario()
            case str() | Path():
                scenario = read_scenario(Path(resource_scenario), scratch)
            case _:
                scenario = make_scenario(resource_scenario, "resource_scenario", scratch)
        yield Subject(resource_executor, scenario)


@pytest.fixture
def resource_rule(request: pytest.FixtureRequest, resource_subject: Subject) -> JudgedRule:
    """One rule; a test that asks for it runs once for each."""
    return JudgedRule(request.param, resource_subject)


@pytest.fixture
def stand_in_server(request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """`stand_in_server(NAME, ADDRESS, secrets=[…])`: an address that stands for ADDRESS.

    What it answers lies in recordings/NAME.json beside the test; `--resource-record` asks ADDRESS, and writes
    that.
    """
    from sqnc_resources.conform.recordings.http import stand_in  # noqa: PLC0415  (as above)

    with ExitStack() as stack:

        def start(name: str, address: str, *, secrets: Sequence[str] = ()) -> str:
            file, record = _recording(request, name)
            return stack.enter_context(stand_in(address, file, record=record, secrets=secrets))

        yield start


@pytest.fixture
def stand_in_programs(request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """`stand_in_programs(NAME, ["git"], secrets=[…], places={…})`: a PATH on which programs are stand-ins.

    As `stand_in_server`; `recordings.programs.stand_ins` says what is recorded.
    """
    from sqnc_resources.conform.recordings.programs import stand_ins  # noqa: PLC0415  (as above)

    with ExitStack() as stack:

        def start(name: str, programs: Sequence[str], **options: Any) -> str:
            file, record = _recording(request, name)
            return stack.enter_context(stand_ins(programs, file, record=record, **options))

        yield start


def _recording(request: pytest.FixtureRequest, name: str) -> tuple[Path, bool]:
    """The file of a recording, and whether it is to be made."""
    file = request.path.parent / "recordings" / f"{name}.json"
    return file, bool(request.config.getoption("--resource-record"))


@pytest.fixture
def write_folder(tmp_path: Path) -> WriteFolder:
    """Write a dict-shaped folder, and give its path: `write_folder({"repo": {"version": "1"}})`."""
    from sqnc_resources.conform.folders import write_tree  # noqa: PLC0415  (as above)

    written: list[Path] = []

    def write(files: Mapping[str, object]) -> Path:
        folder = tmp_path / f"folder-{len(written) + 1}"
        write_tree(folder, files)
        written.append(folder)
        return folder

    return write


@pytest.fixture
def read_folder() -> Callable[[Path], dict[str, object]]:
    """Read a folder into a dict: texts for files, bytes for what is no UTF-8, dicts for folders."""
    from sqnc_resources.conform.folders import as_mapping  # noqa: PLC0415  (as above)

    return as_mapping
