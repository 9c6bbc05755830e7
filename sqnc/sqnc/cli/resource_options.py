"""The options that `sqnc check`, `get` and `put` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sqnc.cli.options import PULL, runtime_option

if TYPE_CHECKING:
    from collections.abc import Callable

_OPTIONS: list[Callable[..., Any]] = [
    click.option(
        "-c",
        "--config",
        "file",
        envvar="SQNC_CONFIG",
        show_envvar=True,
        default="pipeline.yml",
        show_default=True,
        metavar="FILE",
        help="A Concourse pipeline, a workflow, or any YAML with `resources`; - is standard input.",
    ),
    click.option(
        "-v", "--var", "variables", multiple=True, metavar="NAME=VALUE", help="A string for ((NAME))."
    ),
    click.option(
        "-y", "--yaml-var", "yaml_variables", multiple=True, metavar="NAME=YAML", help="A value for ((NAME))."
    ),
    click.option(
        "-i",
        "--instance-var",
        "instance_variables",
        multiple=True,
        metavar="NAME=YAML",
        help="A var that tells this instance of the pipeline from others; it comes first, and is no secret.",
    ),
    click.option(
        "-l",
        "--load-vars-from",
        "variable_files",
        multiple=True,
        metavar="FILE",
        help="Values for vars, as YAML; later files come first, and -v and -y before all.",
    ),
    click.option(
        "-t",
        "--type",
        "types",
        envvar="SQNC_TYPE",
        show_envvar=True,
        multiple=True,
        metavar="TYPE=PLACE",
        help="What runs a resource type: an image, a folder with check, in and out, or a Python file.",
    ),
    runtime_option(
        "Where types run. docker: in containers. process: on this machine. auto: images in containers, "
        "built-in types on this machine.",
    ),
    click.option(
        "--image",
        envvar="SQNC_IMAGE",
        show_envvar=True,
        default="debian:13",
        show_default=True,
        metavar="IMAGE",
        help="The image in whose container a built-in type runs with --runtime docker.",
    ),
    PULL,
    click.option(
        "-e",
        "--env",
        "env",
        multiple=True,
        metavar="NAME=VALUE",
        help="A variable for the type, such as BUILD_JOB_NAME, over the build's own.",
    ),
    click.option("--timeout", metavar="DURATION", help="How long the type may take, such as 90s or 1h30m."),
    click.option("--reveal", is_flag=True, help="Show the values of vars in what the type prints."),
    click.option(
        "--json", "as_json", envvar="SQNC_JSON", show_envvar=True, is_flag=True, help="Answer in JSON."
    ),
]


PARAMS = click.option(
    "-p",
    "--param",
    "params",
    multiple=True,
    metavar="KEY=YAML",
    help="One of the step's `params`; a.b=1 nests.",
)


def resource_command(function: Callable[..., Any]) -> click.Command:
    """Make a command of NAME and the options that all three have, which come after its own."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return click.command()(click.argument("name")(function))
