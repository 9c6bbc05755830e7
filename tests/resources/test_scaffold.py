"""`sqncshim init resource`: what it makes is a project that works, tested by running it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sqnc_resources.testing import ask

LANGUAGES = ("python", "sh")
PYTHON = Path(sys.executable)
COMMON = {
    ".dockerignore",
    ".github/workflows/ci.yml",
    ".gitignore",
    "Dockerfile",
    "README.md",
    "conform.yml",
    "news_feed.py",
    "tests/test_news_feed.py",
    "type",
}
FILES = {"python": COMMON, "sh": {*COMMON, "check.sh", "get.sh", "put.sh"}}
MAKE_ENVIRONMENT = 'python3 -m venv "$RUNNER_TEMP/venv"\n'


def program(
    *words: object, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    path = f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=cwd,
        env=os.environ | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"} | dict(env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def init(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return program("sqncshim", "init", "resource", *words, cwd=folder)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def project(tmp_path: Path, language: str) -> Path:
    done = init(tmp_path, "news-feed", "--lang", language)
    assert done.returncode == 0, done.stderr
    return tmp_path / "news-feed"


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def run_tests(project: Path) -> subprocess.CompletedProcess[str]:
    return program("pytest", "-p", "no:cacheprovider", "-W", "error", cwd=project)


# What is written


def test_the_files_are_told_and_are_all_there(tmp_path: Path, language: str) -> None:
    done = init(tmp_path, "news-feed", "--lang", language)
    assert {str(Path(line).relative_to("news-feed")) for line in done.stdout.splitlines()} == FILES[language]
    assert files(tmp_path / "news-feed") == FILES[language]


def test_no_file_still_holds_a_placeholder(project: Path) -> None:
    placeholder = re.compile(r"@\w+@")
    assert not [name for name in files(project) if placeholder.search((project / name).read_text() + name)]


def test_programs_can_be_run_and_nothing_else_can(project: Path) -> None:
    runnable = {name for name in files(project) if os.access(project / name, os.X_OK)}
    assert runnable == {name for name in files(project) if name.endswith(".sh")}


def test_python_is_what_is_made_where_nothing_is_said(tmp_path: Path) -> None:
    init(tmp_path, "news-feed", "elsewhere")
    assert files(tmp_path / "elsewhere") == FILES["python"]


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "news-feed").mkdir()
    (tmp_path / "news-feed/README.md").write_text("mine")
    (tmp_path / "news-feed/type").symlink_to("nowhere")
    done = init(tmp_path, "news-feed")
    assert done.returncode == 1
    assert "news-feed/README.md, news-feed/type: already there" in done.stderr
    assert files(tmp_path / "news-feed") == {"README.md"}
    assert (tmp_path / "news-feed/README.md").read_text() == "mine"


def test_what_the_user_keeps_from_others_is_kept_from_them(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        init(tmp_path, "news-feed", "--lang", "sh")
    finally:
        os.umask(before)
    modes = {file.stat().st_mode & 0o777 for file in (tmp_path / "news-feed").glob("*.sh")}
    assert modes == {0o700}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    done = init(tmp_path, "news-feed", "file/folder")
    assert done.returncode == 1
    assert "file/folder" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_with_other_files_is_filled(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("mine")
    assert init(tmp_path, "news-feed", ".").returncode == 0
    assert files(tmp_path) == FILES["python"] | {"LICENSE"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("News", "expected lower-case letters, digits and single hyphens"),
        ("news_feed", "expected lower-case letters, digits and single hyphens"),
        ("news--feed", "expected lower-case letters, digits and single hyphens"),
        ("7-news", "the first one a letter"),
        ("../news", "expected lower-case letters"),
        ("n" * 65, "64 at most"),
        ("git", "a built-in type has this name"),
        ("class", "is a word of the language"),
        ("json", "would hide the Python module of that name"),
        ("pytest", "would hide the Python module of that name"),
        ("conftest", "would hide the Python module of that name"),
        ("sqnc-resources", "would hide the Python module of that name"),
        ("test-news", "would hide the Python module of that name"),
    ],
)
def test_a_name_that_would_not_work_is_refused_with_the_reason(
    tmp_path: Path, name: str, message: str
) -> None:
    done = init(tmp_path, name)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert not files(tmp_path)


# What it does


def test_its_tests_pass(project: Path) -> None:
    done = run_tests(project)
    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout


def test_its_tests_fail_where_the_type_is_broken(project: Path, language: str) -> None:
    file = project / ("news_feed.py" if language == "python" else "check.sh")
    before = file.read_text()
    newest_alone = {"python": ("range(first, ", "range(count, "), "sh": ('"line=$line"', '"line=$count"')}
    file.write_text(before.replace(*newest_alone[language]))
    assert file.read_text() != before
    done = run_tests(project)
    assert done.returncode == 1
    assert "FAILED tests/test_news_feed.py::test_a_check_begins_with_the_version_that_is_known" in done.stdout


@pytest.mark.parametrize("shell", ["dash", "busybox"])
def test_the_scripts_need_no_more_than_a_plain_shell(tmp_path: Path, shell: str) -> None:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    init(tmp_path, "news-feed", "--lang", "sh")
    for script in (tmp_path / "news-feed").glob("*.sh"):
        words = f"{path} sh" if shell == "busybox" else path
        script.write_text(script.read_text().replace("#!/bin/sh\n", f"#!{words}\n"))
    done = run_tests(tmp_path / "news-feed")
    assert done.returncode == 0, done.stdout


def test_it_keeps_the_rules_of_every_resource_type(project: Path) -> None:
    done = program("sqncshim", "conform", "news_feed.py", cwd=project)
    assert done.returncode == 0, done.stdout
    assert "0 failed" in done.stdout


def test_its_code_is_clean(project: Path) -> None:
    for words in (("format", "--check"), ("check", "--no-cache")):
        done = program("ruff", *words, "--isolated", ".", cwd=project)
        assert done.returncode == 0, done.stdout
    done = program(
        "mypy", "--strict", "--cache-dir", os.devnull, "news_feed.py", "tests/test_news_feed.py", cwd=project
    )
    assert done.returncode == 0, done.stdout


def test_a_key_that_is_not_in_the_readme_fails_its_tests_until_it_is_renewed(project: Path) -> None:
    file = project / "news_feed.py"
    file.write_text(file.read_text().replace("The path of a text file.", "The path of a log."))
    assert run_tests(project).returncode == 1
    renewed = program("sqncshim", "resource", "docs", "news_feed.py", "--readme", "README.md", cwd=project)
    assert renewed.returncode == 0, renewed.stderr
    readme = (project / "README.md").read_text()
    assert "| `file` | string | **required** | The path of a log. |" in readme
    assert readme.startswith("# news-feed\n")
    assert run_tests(project).returncode == 0


def test_a_readme_without_a_place_for_the_reference_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine\n")
    done = program("sqncshim", "resource", "docs", "mock", "--readme", "README.md", cwd=tmp_path)
    assert done.returncode == 1
    assert "README.md: there is no place for the reference: expected the line <!-- reference:" in done.stderr
    assert (tmp_path / "README.md").read_text() == "# Mine\n"


def test_what_its_readme_says_to_do_works(project: Path) -> None:
    (block,) = re.findall(r"^```sh\n(.*?)^```", (project / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    lines = [line for line in block.splitlines() if not re.search("pip install|pytest|conform|docker", line)]
    assert len(lines) == 3
    path = f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"
    script = "\n".join(["set -e", *lines])
    done = subprocess.run(["sh", "-c", script], cwd=project, env=os.environ | {"PATH": path}, check=False)
    assert done.returncode == 0
    assert (project / "got/text").read_text() == (project / "README.md").read_text().splitlines()[-1] + "\n"


# Its workflow


def workflow(project: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the project's workflow here; what is installed here is so in its environment, without a network."""
    file, path = project / ".github/workflows/ci.yml", project.parent / "installed.pth"
    path.write_text("".join(f"{folder}\n" for folder in sys.path if folder))
    before, line, after = file.read_text().partition(MAKE_ENVIRONMENT)
    copy = f'cp {path} "$RUNNER_TEMP"/venv/lib/python3*/site-packages\n'
    file.write_text(f"{before}{line}{' ' * 10}{copy}{after}")
    git = ["git", "-C", str(project)]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    given = [word for name, value in env.items() for word in ("--env", f"{name}={value}")]
    command = ["run", "workflow", "--runtime", "process", *given, *words, ".github/workflows/ci.yml"]
    return program("sqnc", *command, cwd=project, env={"PIP_NO_INDEX": "1"})


def test_github_takes_its_workflow(project: Path) -> None:
    done = program("sqnc", "validate", "--github-only", ".github/workflows/ci.yml", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("language", ["python"], indirect=True)  # the other one runs with Docker, below
def test_its_workflow_runs_here(project: Path) -> None:
    done = workflow(project)
    assert done.returncode == 0, done.stdout
    assert "11 passed" in done.stdout
    assert "0 failed" in done.stdout
    assert "image: skipped" in done.stdout


# Its image


@pytest.fixture(scope="module", params=LANGUAGES)
def image(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    resource_images: str,
    docker_images: Mapping[str, str],
) -> Iterator[str]:
    """The image of a project in each language, which goes with this file's tests."""
    project = tmp_path_factory.mktemp("scaffold") / "news-feed"
    init(project.parent, "news-feed", "--lang", request.param).check_returncode()
    name = f"sqnc-test/scaffold-{os.getpid()}"
    command = ["docker", "build", "--quiet", "--network=none", "--tag", name]
    arguments = {"RESOURCES_IMAGE": resource_images}
    if "BASE_IMAGE" in (project / "Dockerfile").read_text():
        arguments["BASE_IMAGE"] = docker_images["busybox"]
    words = [f"--build-arg={argument}={value}" for argument, value in arguments.items()]
    subprocess.run([*command, *words, project], capture_output=True, check=True)
    yield name
    subprocess.run(["docker", "rmi", name], capture_output=True, check=False)


def in_image(image: str, folder: Path, *command: str, request: object) -> object:
    words = ["docker", "run", "--rm", "--interactive", "--network=none", "--read-only"]
    mount = ["--mount", f"type=bind,source={folder},target=/data", "--user", f"{os.getuid()}:{os.getgid()}"]
    done = subprocess.run(
        [*words, *mount, image, *command],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.docker
def test_its_image_answers_the_protocol(image: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "inputs").mkdir(parents=True)
    (data / "lines").write_text("one\ntwo\n")
    (data / "inputs/line").write_text("three\n")
    source = {"file": "/data/lines"}
    put = in_image(
        image,
        data,
        "/opt/resource/out",
        "/data/inputs",
        request={"source": source, "params": {"text": "line"}},
    )
    assert put == {"version": {"line": "3"}, "metadata": [{"name": "text", "value": "three"}]}
    request = {"source": source, "version": {"line": "2"}}
    assert in_image(image, data, "/opt/resource/check", request=request) == [{"line": "2"}, {"line": "3"}]
    got = in_image(image, data, "/opt/resource/in", "/data/got", request=request)
    assert got == {"version": {"line": "2"}, "metadata": [{"name": "text", "value": "two"}]}
    assert (data / "got/text").read_text() == "two\n"


@pytest.mark.docker
def test_its_image_runs_anywhere(image: str, tmp_path: Path) -> None:
    init(tmp_path, "news-feed").check_returncode()
    scenario = tmp_path / "news-feed/conform.yml"
    rules = ("works-as-any-user", "works-read-only", "works-without-home", "works-without-path")
    words = [word for rule in rules for word in ("--rule", rule)]
    done = program("sqnc", "conform", "--image", image, "--scenario", scenario, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} passed, 0 failed, 0 not judged" in done.stdout


@pytest.mark.docker
@pytest.mark.parametrize("language", ["sh"], indirect=True)
def test_its_workflow_builds_the_image_where_that_of_the_toolkit_is(
    project: Path, resource_images: str, docker_images: Mapping[str, str]
) -> None:
    workflow_file = project / ".github/workflows/ci.yml"
    own = f"sqnc-test/workflow-{os.getpid()}"  # another name than that of any image of the developer's
    text = workflow_file.read_text()
    workflow_file.write_text(
        text.replace("--tag news-feed", f"--tag {own}").replace(" news-feed /", f" {own} /")
    )
    variable = f"RESOURCES_IMAGE={resource_images}"
    done = workflow(project, "--var", variable, BASE_IMAGE=docker_images["busybox"])
    removed = subprocess.run(["docker", "rmi", own], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "image: succeeded" in done.stdout
    assert removed.returncode == 0


# What its tests are written with


def test_a_built_in_type_is_asked_by_its_name() -> None:
    answer = ask("check", "mock", {"source": {"initial_version": "7"}})
    assert (answer.status, answer.value[0]["version"]) == (0, "7")


def test_a_type_is_found_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path, "news-feed", ".")
    monkeypatch.chdir(tmp_path)
    assert ask("check", "news_feed.py", {"source": {"file": __file__}}).status == 0
    refused = ask("check", "news_feed.py", {})
    assert (refused.status, refused.value) == (2, None)
    assert "source.file: expected a string, and it is missing" in refused.stderr
