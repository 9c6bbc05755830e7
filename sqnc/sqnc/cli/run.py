"""`sqnc run workflow|job|step`."""

from __future__ import annotations

import gc
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from sqnc.cli.groups import HelpfulGroup
from sqnc.cli.options import PULL, directory_option, runtime_option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from actions_compat.workflow import Workflow
    from sqnc.events import Event, Reader

_OPTIONS: list[Callable[..., Any]] = [
    runtime_option(
        "What starts containers. process: none, steps run on this machine. auto: docker, or process "
        "where no engine answers or it cannot get the images.",
    ),
    click.option(
        "-P",
        "--platform",
        "platforms",
        envvar="SQNC_PLATFORM",
        show_envvar=True,
        multiple=True,
        metavar="LABEL=IMAGE",
        help="The image that stands for a label of runs-on; -self-hosted means this machine.",
    ),
    click.option("--env", "env", multiple=True, metavar="NAME=VALUE", help="Set a variable for all steps."),
    click.option("--env-file", "env_files", multiple=True, metavar="FILE", help="Variables, one a line."),
    click.option(
        "--secret",
        "secrets",
        multiple=True,
        metavar="NAME[=VALUE]",
        help="Give a secret; NAME alone takes it from the environment.",
    ),
    click.option("--secret-file", "secret_files", multiple=True, metavar="FILE", help="Secrets, one a line."),
    click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="Set a value of `vars`."),
    PULL,
    click.option(
        "--concurrent-jobs",
        envvar="SQNC_CONCURRENT_JOBS",
        show_envvar=True,
        type=click.IntRange(min=1),
        default=lambda: max(4, 2 * (os.cpu_count() or 1)),
        help="How many jobs run at once.  [default: twice the cores, at least 4]",
    ),
    directory_option("The repository that the run is about.  [default: the current folder's]"),
    click.option(
        "--offline",
        envvar="SQNC_OFFLINE",
        show_envvar=True,
        is_flag=True,
        help="Take actions from the store alone.",
    ),
    click.option(
        "--bind",
        envvar="SQNC_BIND",
        show_envvar=True,
        is_flag=True,
        help="Work in the repository's folder itself.",
    ),
    click.option(
        "--json",
        "as_json",
        envvar="SQNC_JSON",
        show_envvar=True,
        is_flag=True,
        help="Print each event as one line of JSON.",
    ),
]


_INSTEAD: Final[Mapping[str, str]] = {
    "-j": "`sqnc run job -j ID FILE` runs a job and what it needs",
    "--job": "`sqnc run job -j ID FILE` runs a job and what it needs",
    "-W": "name the file itself: `sqnc run workflow FILE`",
    "--workflows": "name the file itself: `sqnc run workflow FILE`",
    "-s": "`--secret NAME` gives a secret; `sqnc run step -j ID -s ID FILE` runs one step",
    "-l": "`sqnc validate FILE` checks a file without running it",
}
"""What stands here for options of act."""


def _with_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


class _RunWorkflow(click.Command):
    """Says what stands here for an option that users of act know."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name not in _INSTEAD:
                raise
            message = f"No such option '{error.option_name}': {_INSTEAD[error.option_name]}"
            raise click.UsageError(message, ctx) from error


@click.group(cls=HelpfulGroup)
def command() -> None:
    """Run a workflow, a job, or a step."""


@command.command(cls=_RunWorkflow)
@click.argument("file", metavar="[WORKFLOW]", required=False, type=click.Path(allow_dash=True))
@_with_options
def workflow(file: str | None, **given: Any) -> int:
    """Run all jobs of a workflow; - reads it from standard input.

    Without WORKFLOW, it is the only one in the repository's .github/workflows.

    Example: sqnc run workflow .github/workflows/ci.yml
    """
    return _run(partial(_read, "workflow", _workflow_file(file, given["directory"])), given)


@command.command()
@click.argument("file", metavar="[JOB|WORKFLOW]", required=False, type=click.Path(allow_dash=True))
@click.option(
    "-j", "--job", "job_id", default="", metavar="ID", help="A job of a workflow, with all it needs."
)
@_with_options
def job(file: str | None, job_id: str, **given: Any) -> int:
    """Run a file that is one job, or with -j a job of a workflow and the jobs that it needs.

    Without a file, -j names a job of the only one in the repository's .github/workflows.

    Example: sqnc run job -j test .github/workflows/ci.yml
    """
    if job_id:
        return _run(partial(_read, "workflow", _workflow_file(file, given["directory"])), given, job_id)
    return _run(partial(_read, "job", _file(file, "JOB")), given)


@command.command()
@click.argument("file", metavar="[STEP|JOB|WORKFLOW]", required=False, type=click.Path(allow_dash=True))
@click.option("-j", "--job", "job_id", default="", metavar="ID", help="A job of a workflow.")
@click.option(
    "-s", "--step", "step_id", default="", metavar="ID", help="A step of a job: its id, name or number."
)
@_with_options
def step(file: str | None, job_id: str, step_id: str, **given: Any) -> int:
    """Run a file that is one step, or with -s a step of a job, alone, on the working tree as it is.

    Without a file, -j names a job of the only one in the repository's .github/workflows.

    Example: sqnc run step -j test -s unit .github/workflows/ci.yml
    """
    if job_id and not step_id:
        raise click.UsageError("-j names a job of a workflow, and -s must say which step of it: add -s ID")
    if job_id:
        read = partial(_read, "workflow", _workflow_file(file, given["directory"]))
        return _run(read, given, job_id, step_id)
    if step_id:
        return _run(partial(_read, "job", _file(file, "JOB")), given, "job", step_id)
    return _run(partial(_read, "step", _file(file, "STEP")), given, "step", "1")


def _file(file: str | None, kind: str) -> str:
    if file is None:
        raise click.UsageError(f"Missing argument '{kind}': name a file, or with -j a job of a workflow")
    return file


def _workflow_file(file: str | None, directory: Path) -> str:
    """The file that is named, or the only one that could be meant."""
    if file is not None:
        return file
    from sqnc.sources import only_workflow  # noqa: PLC0415  (as below)

    return only_workflow(directory)


def _read(what: str, file: str) -> Workflow:
    from sqnc.sources import load_job, load_step, load_workflow  # noqa: PLC0415  (--help needs no yaml)

    try:
        return {"workflow": load_workflow, "job": load_job, "step": load_step}[what](file)
    finally:
        gc.freeze()  # by now all is imported, and stays
        gc.enable()


def _run(read: Callable[[], Workflow], given: dict[str, Any], job_id: str = "", step_id: str = "") -> int:
    gc.disable()  # until all is imported and read: there is no garbage in that, and looking for it takes 3 ms
    try:
        return _execute(read, given, job_id, step_id)
    finally:
        gc.enable()


def _execute(read: Callable[[], Workflow], given: dict[str, Any], job_id: str, step_id: str) -> int:
    from sqnc.cli.errors import STATUS_CODES  # noqa: PLC0415  (as above)
    from sqnc.cli.values import parse_platforms, parse_values, read_values  # noqa: PLC0415  (as above)
    from sqnc.engine.options import DEFAULT_PLATFORMS, Options, Selection  # noqa: PLC0415  (as above)
    from sqnc.events import EventStream  # noqa: PLC0415  (as above)
    from sqnc.runtimes import Pull  # noqa: PLC0415  (as above)
    from sqnc.start import Request, execute  # noqa: PLC0415  (as above)
    from sqncshim.cache import cache_folder  # noqa: PLC0415  (as above)

    def values(name: str, files: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for path in given[files]:
            found |= read_values(path)
        return found | parse_values(given[name], f"--{name.rstrip('s')}")

    options = Options(
        cache=cache_folder(""),
        directory=given["directory"],
        platforms={**DEFAULT_PLATFORMS, **parse_platforms(given["platforms"])},
        env=values("env", "env_files"),
        secrets=values("secrets", "secret_files"),
        variables=parse_values(given["variables"], "--var"),
        pull=Pull(given["pull"]),
        concurrent_jobs=given["concurrent_jobs"],
        offline=given["offline"],
        bind=given["bind"],
        whole_tree=bool(step_id),
    )
    request = Request(read, options, given["runtime"], Selection(job_id, step_id))
    return STATUS_CODES[execute(request, EventStream(_as_read(_reader(as_json=given["as_json"]))))]


def _as_read(write: Reader) -> Reader:
    """Interrupt the run once what *write* writes can go nowhere, as in `sqnc run … | head`; write no more."""
    lost = False

    def write_or_interrupt(event: Event) -> None:
        nonlocal lost
        if lost:
            return
        try:
            write(event)
        except OSError as error:
            from sqnc.interrupts import interrupt_main  # noqa: PLC0415  (only then)

            lost = True
            if not isinstance(error, BrokenPipeError):
                click.echo(f"standard output: {error.strerror}: the run is canceled", err=True)
            interrupt_main()

    return write_or_interrupt


def _reader(*, as_json: bool) -> Reader:
    if as_json:
        from sqnc.views.json_lines import JsonLines  # noqa: PLC0415  (one of two)

        return JsonLines(sys.stdout.buffer)
    from sqnc.views.terminal import Terminal  # noqa: PLC0415  (one of two)

    return Terminal(
        sys.stdout.buffer, sys.stderr.buffer, color=sys.stdout.isatty() and "NO_COLOR" not in os.environ
    )
