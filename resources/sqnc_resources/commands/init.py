"""`sqncshim init …`: new projects."""

from __future__ import annotations

from pathlib import Path

import click

LANGUAGES = ("python", "sh")


@click.group("init")
def command() -> None:
    """Begin a project."""


def _checked(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    from sqnc_resources.scaffold import UnusableNameError, checked  # noqa: PLC0415  (`--help` needs none of it)

    try:
        return checked(name)
    except UnusableNameError as error:
        raise click.BadParameter(str(error)) from error


@command.command()
@click.argument("name", callback=_checked)
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default="python",
    show_default=True,
    help="python: three functions. sh: three programs, in shell or any other language.",
)
def resource(name: str, folder: Path | None, language: str) -> None:
    """Begin a resource type called NAME, in FOLDER, which is NAME where it is not given.

    It is a small type that works, with tests, a Dockerfile, a README and a workflow for GitHub. No file that
    is there is overwritten.

    \b
      sqncshim init resource news-feed
      sqncshim init resource news-feed --lang sh
    """
    from sqnc_resources.scaffold import write  # noqa: PLC0415  (`--help` needs none of it)

    folder = folder or Path(name)
    for file in write(name, language, folder):
        click.echo(file)
    click.echo(f"It works: try `python3 -m pytest {folder}`, and make it yours.", err=True)
