"""`sqnc conform`."""

from __future__ import annotations

from pathlib import Path

import click

from sqnc.cli.options import PULL


@click.command()
@click.option("--image", required=True, metavar="IMAGE", help="The image of a resource type.")
@click.option(
    "--scenario",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="SQNC_CONFORM_SCENARIO",
    show_envvar=True,
    help="The scenario; without one, an empty source.",
)
@click.option("-v", "--var", "values", multiple=True, metavar="NAME=VALUE", help="A value for ((NAME)).")
@click.option("--rule", "rules", multiple=True, metavar="NAME", help="Judge by this rule alone.")
@click.option(
    "--grace",
    "grace_s",
    type=float,
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="The time to end after SIGTERM.",
)
@PULL
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    *,
    image: str,
    scenario: Path | None,
    values: tuple[str, ...],
    rules: tuple[str, ...],
    grace_s: float,
    pull: str,
    as_json: bool,
) -> int:
    """Judge the image of a resource type, rule by rule, its programs run in containers as Concourse does.

    Exit status: 0 no rule is broken, 1 one is. `sqncshim conform` judges programs on this machine.

    Example: sqnc conform --image registry.example.com/my-resource --scenario conform.yml
    """
    from sqnc.conform import open_image  # noqa: PLC0415  (--help needs no runtime)
    from sqnc.runtimes import Pull  # noqa: PLC0415  (as above)
    from sqnc_resources.conform import console  # noqa: PLC0415  (as above)

    options = console.Options(
        scenario=scenario,
        values=console.parse_values(values),
        rules=rules,
        grace_s=grace_s,
        as_json=as_json,
    )

    def progress(line: str) -> None:
        click.echo(line, err=True)

    with open_image(image, pull=Pull(pull), progress=progress) as executor:
        return 0 if console.conform(executor, options, click.echo) else 1
