"""Actions that need something from outside: GitHub's toolkit from npm, and a plugin that misbehaves."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

RUNTIMES = ["process", pytest.param("docker", marks=pytest.mark.docker)]
TOOLKIT = """
import * as core from '@actions/core';
if (core.getState('who')) {
  console.log(`post of ${core.getState('who')}`);
} else {
  core.saveState('who', core.getInput('who', {required: true}));
  core.setOutput('multi', 'one\\ntwo');
  core.exportVariable('EXPORTED', 'by core');
  core.addPath('/added/path');
  core.setSecret('hidden-value');
  core.info('this is hidden-value');
  core.startGroup('grouped'); core.info('inside'); core.endGroup();
  core.notice('noticed');
  await core.summary.addHeading('a summary').write();
}
"""
WORKFLOW = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - {id: core, uses: ./action, with: {who: core}}
      - run: printf '%s/' "${{ steps.core.outputs.multi }}"; echo " $EXPORTED ${PATH%%:*}"
"""


def run(folder: Path, runtime: str, **environment: str) -> tuple[int, list[dict[str, object]]]:
    command = [sys.executable, "-m", "sqnc", "run", "workflow", "--json", "--runtime", runtime]
    command += ["-P", "ubuntu-latest=sqnc-test/debian:12", "workflow.yml"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session")
def toolkit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with @actions/core as npm installs it."""
    folder = tmp_path_factory.mktemp("toolkit")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, and only it has @actions/core")
    (folder / "package.json").write_text('{"type": "module"}')
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--fetch-retries=0", "@actions/core"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"npm could not install @actions/core: {error.stderr.strip()[:200]}")
    except subprocess.TimeoutExpired as error:
        pytest.skip(f"npm could not install @actions/core within {error.timeout:g} s")
    return folder


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_github_s_own_toolkit_finds_all_it_uses(toolkit: Path, tmp_path: Path, runtime: str) -> None:
    action = tmp_path / "action"
    shutil.copytree(toolkit, action)
    (action / "index.js").write_text(TOOLKIT)
    (action / "action.yml").write_text(
        "name: Core\ninputs: {who: {required: true}}\noutputs: {multi: {}}\n"
        "runs: {using: node24, main: index.js, post: index.js}\n"
    )
    (tmp_path / "workflow.yml").write_text(WORKFLOW)

    status, events = run(tmp_path, runtime)

    log = "".join(str(event["data"]) for event in events if event["event"] == "log")
    assert status == 0, log
    assert "one\ntwo/ by core /added/path" in log
    assert "this is ***" in log
    assert "hidden-value" not in json.dumps(events)
    assert "post of core" in log
    told = {
        (event["event"], event.get("title") or event.get("message") or event.get("text")) for event in events
    }
    assert ("group", "grouped") in told
    assert ("annotation", "noticed") in told
    assert ("summary", "<h1>a summary</h1>\n") in told


def test_a_special_step_s_bad_document_is_an_error_that_names_the_key(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "bad-1.dist-info").mkdir(parents=True)
    (site / "bad-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: bad\nVersion: 1\n")
    (site / "bad-1.dist-info/entry_points.txt").write_text("[sqncshim]\nbad = bad\n")
    (site / "bad.py").write_text(
        """import os\nos.write(1, b'{"steps": [{"run": "x", "env": {"A": 1}}]}\\n')\nos._exit(0)\n"""
    )
    folder = tmp_path / "repository"
    (folder / "action").mkdir(parents=True)
    (folder / "action/action.yml").write_text("name: Bad\nruns: {plugin: bad}\n")
    (folder / "workflow.yml").write_text(WORKFLOW)

    status, events = run(folder, "process", PYTHONPATH=str(site))

    finished = next(event for event in events if event["event"] == "step-finished" and event["step"] == "2")
    assert status == 3
    assert finished["status"] == "errored"
    assert "steps[0].env.A: expected a string, got a number" in str(finished["message"])


def test_pre_steps_inside_a_composite_action_see_its_inputs(tmp_path: Path) -> None:
    inner, outer = tmp_path / "server/own/actions/inner", tmp_path / "server/own/actions/outer"
    inner.mkdir(parents=True)
    outer.mkdir()
    (inner / "index.js").write_text(
        "console.log(`${process.argv[1].endsWith('pre.js') ? 'pre' : 'main'} of ${process.env.INPUT_WHO}`)"
    )
    (inner / "pre.js").write_text("require('./index.js')")
    (inner / "post.js").write_text("console.log(`post of ${process.env.INPUT_WHO}`)")
    (inner / "action.yml").write_text(
        "name: Inner\ninputs: {who: {}}\nruns: {using: node24, pre: pre.js, main: index.js, post: post.js}\n"
    )
    (outer / "action.yml").write_text(
        "name: Outer\ninputs: {who: {}, greeting: {default: hello}}\nruns:\n  using: composite\n  steps:\n"
        "    - uses: own/actions/inner@main\n      with: {who: '${{ inputs.greeting }} ${{ inputs.who }}'}\n"
    )
    git = ["git", "-C", str(tmp_path / "server/own/actions"), "-c", "user.name=n", "-c", "user.email=e"]
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "workflow.yml").write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - {id: late, run: echo who=world >> $GITHUB_OUTPUT}\n"
        "      - uses: own/actions/outer@main\n        with: {who: '${{ steps.late.outputs.who }}'}\n"
    )

    status, events = run(folder, "process", GITHUB_SERVER_URL=f"file://{tmp_path}/server")

    log = "".join(str(event["data"]) for event in events if event["event"] == "log")
    assert status == 0, log
    assert log.splitlines() == ["pre of hello ", "main of hello world", "post of hello world"]
