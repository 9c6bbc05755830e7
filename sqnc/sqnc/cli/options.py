"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

PULL = click.option(
    "--pull",
    envvar="SQNC_PULL",
    show_envvar=True,
    default="missing",
    show_default=True,
    type=click.Choice(["always", "missing", "never"]),
    help="When to pull images.",
)


def runtime_option(text: str) -> Callable[..., Any]:
    """`--runtime`; *text* says what each runtime means to the command."""
    return click.option(
        "--runtime",
        envvar="SQNC_RUNTIME",
        show_envvar=True,
        default="auto",
        show_default=True,
        type=click.Choice(["docker", "process", "auto"]),
        help=text,
    )


def directory_option(text: str) -> Callable[..., Any]:
    """`--directory`, a folder that is there; *text* says what the command does with it."""
    return click.option(
        "-C",
        "--directory",
        envvar="SQNC_DIRECTORY",
        show_envvar=True,
        default=".",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help=text,
    )
