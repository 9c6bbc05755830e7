"""`sqncshim resource action`, which writes an `action.yml`, and `run-action`, which that file calls."""

from __future__ import annotations

import os
from pathlib import Path

import click

ACTIONS = click.Choice(("check", "get", "put"))


@click.command("action")
@click.argument("type_name", metavar="TYPE")
@click.argument("action", type=ACTIONS)
@click.option(
    "--image",
    metavar="IMAGE",
    default="Dockerfile",
    show_default=True,
    help="What runs it: an image of the type, or the path of a Dockerfile for one.",
)
@click.option("--composite", is_flag=True, help="Use no image: the job has `sqncshim`, and TYPE.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to write it; paths in it are then seen from its folder.",
)
def action_command(*, type_name: str, action: str, image: str, composite: bool, output: Path | None) -> None:
    """Print the action.yml of an action on GitHub that checks, gets or puts TYPE.

    Its inputs are TYPE's keys, its outputs those of the version.

    \b
      sqncshim resource action news.py get --image ghcr.io/me/news:1 --output get/action.yml
    """
    from sqnc_resources.action_file import ActionFile  # noqa: PLC0415  (`--help` needs none of it)
    from sqnc_resources.reference import title  # noqa: PLC0415  (as above)
    from sqnc_resources.types import load  # noqa: PLC0415  (as above)

    file = ActionFile(title(type_name), load(type_name), action)
    folder = output.parent if output else Path()
    here = _seen_from(folder, type_name)
    text = file.composite(here) if composite else file.docker(_image(folder, image))
    if output is None:
        click.echo(text, nl=False)
    else:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, "utf-8")


@click.command("run-action")
@click.argument("action", type=ACTIONS)
@click.argument("type_name", metavar="[TYPE]", required=False)
def run_action_command(action: str, type_name: str | None) -> int:
    """Check, get or put TYPE as a step of a workflow on GitHub, for an action.yml that `action` wrote.

    Inputs are read from INPUT_ variables, outputs go to GITHUB_OUTPUT. TYPE is the image's, where it is not
    given.
    """
    from sqnc_resources.action_step import run  # noqa: PLC0415  (`--help` needs none of it)
    from sqnc_resources.reference import title  # noqa: PLC0415  (as above)
    from sqnc_resources.types import load  # noqa: PLC0415  (as above)
    from sqncshim.entry import type_of_this_image  # noqa: PLC0415  (as above)

    type_name = type_name or type_of_this_image()
    return run(title(type_name), load(type_name), action)


def _image(folder: Path, image: str) -> str:
    from actions_compat.action import is_dockerfile  # noqa: PLC0415  (as above)

    if is_dockerfile(image):
        return os.path.relpath(image, folder)
    return image if image.startswith("docker://") else f"docker://{image}"


def _seen_from(folder: Path, type_name: str) -> str:
    """The type's path as *folder* sees it; any other name of a type as it is."""
    place, colon, attribute = type_name.partition(":")
    if not place.endswith(".py") and "/" not in place:
        return type_name
    return os.path.relpath(place, folder) + colon + attribute
