import os
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import sqncshim
from sqncshim.cli import EXIT_CODES
from sqncshim.document import DocumentStep, StepDocument
from sqncshim.exits import exit_code
from sqncshim.plugins import UnknownPluginError
from sqncshim.tables import SHIM_PLUGINS

ROOT = Path(__file__).parents[2]

# A plugin of a stranger: an installed distribution with an entry point.
PLUGIN = """
from sqncshim.document import DocumentStep, StepDocument
from sqncshim.hookspecs import Request, hookimpl
from sqncshim.plugins import PluginError


@hookimpl
def special_step(plugin: str, request: Request) -> StepDocument | None:
    if plugin == "no":
        raise PluginError("no, because")
    if plugin != "greet":
        return None
    return StepDocument(steps=(DocumentStep(run=f"echo {request.with_['name']}"),))
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    information = tmp_path / "site" / "greeter-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[sqncshim]\ngreet = greeter\n")
    (tmp_path / "site" / "greeter.py").write_text(PLUGIN)
    return tmp_path / "site"


def shim(*arguments: str, stdin: str = "", site: Path | None = None) -> subprocess.CompletedProcess[str]:
    variables = os.environ | ({"PYTHONPATH": str(site)} if site else {})
    command = [sys.executable, "-m", "sqncshim", *arguments]
    return subprocess.run(command, input=stdin, env=variables, capture_output=True, text=True, check=False)


def test_the_version_is_the_distribution_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert shim("--version").stdout == f"sqncshim, version {project['version']}\n"
    assert sqncshim.__version__ == project["version"]


def test_help_and_version_load_nothing_heavy() -> None:
    heavy = ["yaml", "pluggy", "jsonschema", "docker", "git", "subprocess", "actions_compat"]
    for argument in ("--help", "--version"):
        program = (
            "import sys; from sqncshim.cli import run; "
            f"run([{argument!r}]); print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
        )
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert result.stderr == "[]\n"


def test_another_s_plugin_reads_json_and_prints_a_document(installed: Path) -> None:
    result = shim("plugin", "greet", stdin='{"with": {"name": "you"}}', site=installed)
    assert (result.returncode, result.stderr) == (0, "")
    assert StepDocument.parse(result.stdout).steps == (DocumentStep(run="echo you"),)
    assert result.stdout.endswith("}\n")


def test_a_built_in_plugin_reads_json_too(installed: Path) -> None:
    """`sqncshim plugin uses` takes arguments; its hook is called as every other."""
    from sqncshim.hookspecs import Request  # noqa: PLC0415 -- the CLI does without
    from sqncshim.plugins import special_step  # noqa: PLC0415 -- as above

    assert "uses" in SHIM_PLUGINS
    document = special_step("uses", Request.parse('{"with": {"uses": "docker://alpine"}}'))
    assert document.steps[0].image == "alpine"


@pytest.mark.parametrize(
    ("plugin", "stdin", "message"),
    [
        ("none", "{}", "sqncshim: there is no plugin `none`: expected one of greet, uses\n"),
        ("no", "{}", "sqncshim: no, because\n"),
        ("greet", "", "sqncshim: expected one JSON object: Expecting value"),
        ("greet", '{"with": {"name": 1}}', "sqncshim: with.name: expected a string, got a number\n"),
        ("greet", '{"inputs": {}}', "sqncshim: inputs: unknown key: expected one of with\n"),
    ],
)
def test_a_no_is_one_message_and_no_output(plugin: str, stdin: str, message: str, installed: Path) -> None:
    result = shim("plugin", plugin, stdin=stdin, site=installed)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(message)
    assert "Traceback" not in result.stderr


def test_a_plugin_that_does_not_load_is_named_and_harms_no_built_in_one(installed: Path) -> None:
    (installed / "greeter.py").write_text("import nothing_of_this_name")
    result = shim("plugin", "greet", stdin="{}", site=installed)
    assert (result.returncode, result.stdout) == (1, "")
    assert "the plugin greet (greeter) does not load: ModuleNotFoundError" in result.stderr
    assert shim("plugin", "uses", "docker://alpine", site=installed).returncode == 0


def test_a_wrong_use_is_explained_with_status_2() -> None:
    for arguments, message in (
        (("plugin", "uses"), "Missing argument 'ACTION'"),
        (("plugin", "uses", "--nothing"), "No such option '--nothing'"),
        (("nothing",), "No such command 'nothing'"),
    ):
        result = shim(*arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert message in result.stderr


@pytest.mark.parametrize("name", EXIT_CODES)
def test_every_error_of_the_table_is_there(name: str) -> None:
    module, _, kind = name.rpartition(".")
    found = getattr(import_module(module), kind)
    assert (found.__module__, found.__qualname__) == (module, kind)


def test_a_defect_has_no_exit_status_and_a_subclass_that_of_its_class() -> None:
    assert exit_code(KeyError("x"), EXIT_CODES) is None
    assert exit_code(UnknownPluginError("x"), EXIT_CODES) == 1


def test_it_runs_isolated_as_in_the_bundle() -> None:
    """There, entry points are not to be had, and nothing of the container's own Python is seen."""
    folders = [str(ROOT / name) for name in ("sqncshim", "actions_compat", "resources", "plugins")]
    path = [*folders, *(path for path in sys.path if path)]
    program = f"import sys; sys.path = {path!r}; from sqncshim.cli import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-I", "-S", "-c", program, "plugin", "uses", "docker://alpine"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert '"image": "alpine"' in result.stdout
