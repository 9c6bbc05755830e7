"""`sqncshim conform`: judge a resource type by what Concourse and its users rely on."""

from __future__ import annotations

from pathlib import Path

import click


class Unusable(click.ClickException):
    """What is to be judged, or its scenario, cannot be used."""

    exit_code = 2


@click.command("conform")
@click.argument("place", metavar="TYPE", required=False)
@click.option(
    "--scenario",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="SQNC_CONFORM_SCENARIO",
    help="The scenario; else conform.yml beside the type. [SQNC_CONFORM_SCENARIO]",
)
@click.option("--var", "-v", "values", multiple=True, metavar="NAME=VALUE", help="A value for ((NAME)).")
@click.option("--rule", "rules", multiple=True, metavar="NAME", help="Judge by this rule alone.")
@click.option(
    "--grace", "grace_s", type=float, default=10.0, metavar="SECONDS", help="The time to end after SIGTERM."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--list", "only_list", is_flag=True, help="Print the rules, and judge nothing.")
def command(
    *,
    place: str | None,
    scenario: Path | None,
    values: tuple[str, ...],
    rules: tuple[str, ...],
    grace_s: float,
    as_json: bool,
    only_list: bool,
) -> int:
    """Judge a resource type, in whatever language, rule by rule.

    TYPE is a folder with the programs check, in and out (or assets/ with these), a Python file or module with
    a type of the toolkit, or a built-in type. Exit status: 0 no rule is broken, 1 one is, 2 nothing can be
    judged.

    \b
      sqncshim conform ./my-resource
      sqncshim conform mock --rule one-json-value
    """
    from sqnc_resources.conform import console, report  # noqa: PLC0415  (`--help` needs none of it)
    from sqnc_resources.conform.host import HostExecutor  # noqa: PLC0415  (as above)
    from sqnc_resources.conform.kit import find_rules  # noqa: PLC0415  (as above)
    from sqnc_resources.conform.programs import find_programs  # noqa: PLC0415  (as above)
    from sqnc_resources.conform.scenario import ScenarioError  # noqa: PLC0415  (as above)
    from sqnc_resources.conform.scenario_file import find_beside  # noqa: PLC0415  (as above)

    try:
        if only_list:
            click.echo(report.table(find_rules(rules)), nl=False)
            return 0
        if place is None:
            raise click.UsageError("Missing argument 'TYPE'.")
        options = console.Options(
            scenario=scenario or find_beside(place),
            values=console.parse_values(values),
            rules=rules,
            grace_s=grace_s,
            as_json=as_json,
        )
        with HostExecutor(place, find_programs(place)) as executor:
            return 0 if console.conform(executor, options, click.echo) else 1
    except ScenarioError as error:
        raise Unusable(str(error)) from error
