"""What a run is asked for; the command line's options as values."""

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Final

from actions_compat.frozen import frozen
from sqnc.runtimes import Pull

# GitHub's labels; the images are those that users of such tools know. `-P LABEL=IMAGE` changes one.
DEFAULT_PLATFORMS: Mapping[str, str] = {
    "ubuntu-latest": "catthehacker/ubuntu:act-latest",
    "ubuntu-24.04": "catthehacker/ubuntu:act-24.04",
    "ubuntu-22.04": "catthehacker/ubuntu:act-22.04",
}


@frozen
class Selection:
    """What of a workflow runs: *job* with all that it needs ('' is everything), or one *step* of it alone."""

    job: str = ""
    step: str = ""


EVERYTHING: Final = Selection()


@frozen
class Options:
    """How to run. *cache* is sequence's cache folder; *directory* lies in the user's repository.

    *platforms* maps labels of `runs-on` to images. *env* overrides the workflow's own. With *whole_tree* the
    workspace holds the working tree from the start, as a single step needs it. *bind* mounts the tree itself.
    """

    cache: Path
    directory: Path
    platforms: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_PLATFORMS))
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    pull: Pull = Pull.MISSING
    concurrent_jobs: int = 4
    offline: bool = False
    bind: bool = False
    whole_tree: bool = False
