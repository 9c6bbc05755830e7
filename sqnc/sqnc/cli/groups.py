"""Groups of commands that say what was meant by one that there is not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence


class HelpfulGroup(click.Group):
    """Says what was probably meant by a command that there is not; above all where it is a file."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        known = name.startswith("-") or ctx.resilient_parsing or self.get_command(ctx, name)
        if not known:
            raise click.UsageError(f"No such command '{name}'.{_meant(name, self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)


def _meant(name: str, commands: Sequence[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  (only when something is wrong)

    if name.endswith((".yml", ".yaml")) or Path(name).exists():
        return f" To run a workflow: sqnc run workflow {name}"
    close = get_close_matches(name, commands)
    return f" Did you mean '{close[0]}'?" if close else f" There are {', '.join(commands)}."
