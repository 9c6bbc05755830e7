"""Options that several commands have."""

from __future__ import annotations

import click

PULL = click.option(
    "--pull",
    envvar="SQNC_PULL",
    show_envvar=True,
    default="missing",
    show_default=True,
    type=click.Choice(["always", "missing", "never"]),
    help="When to pull images.",
)
