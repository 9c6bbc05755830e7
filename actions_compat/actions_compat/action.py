"""An action's metadata (`action.yml`), read once into frozen values.

WorkflowErrors
└── ActionErrors  what is wrong with an action's file
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from actions_compat.frozen import frozen
from actions_compat.nodes import Position, WorkflowErrors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actions_compat.nodes import Scalar, WorkflowError
    from actions_compat.workflow import Step


class ActionErrors(WorkflowErrors):
    """Everything that is wrong with an action's file."""

    def __init__(self, errors: Iterable[WorkflowError], *, file: str) -> None:
        super().__init__(errors)
        self.file = file

    @property
    def github(self) -> str:
        """The first ten errors in GitHub's words and form, and the line that the runner adds for actions."""
        return f"{super().github}\nFailed to load {self.file}"


@frozen
class Input:
    """An input; `default` None is the empty text. GitHub does not enforce `required`."""

    id: str
    description: str = ""
    required: bool = False
    default: Scalar | None = None
    deprecation_message: str = ""


@frozen
class Output:
    """An output; `value` only in composite actions."""

    id: str
    description: str = ""
    value: Scalar | None = None


@frozen
class NodeRuns:
    """A JavaScript action; `using` is node12, node16, …, and a condition of '' means `always()`."""

    using: str
    main: str
    pre: str = ""
    post: str = ""
    pre_if: str = ""
    post_if: str = ""


@frozen
class DockerRuns:
    """A container action. `image` is a Dockerfile's path (see `is_dockerfile`) or `docker://image`."""

    image: str
    entrypoint: str = ""
    args: tuple[Scalar, ...] = ()
    env: Mapping[str, Scalar] = field(default_factory=dict)
    pre_entrypoint: str = ""
    post_entrypoint: str = ""
    pre_if: str = ""
    post_if: str = ""


@frozen
class CompositeRuns:
    steps: tuple[Step, ...]


@frozen
class PluginRuns:
    """An action that the runner itself carries, such as checkout@v1."""

    plugin: str


Runs: TypeAlias = NodeRuns | DockerRuns | CompositeRuns | PluginRuns


@frozen
class Action:
    position: Position
    name: str
    runs: Runs
    description: str = ""
    author: str = ""
    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)


FILES = ("action.yml", "action.yaml", "Dockerfile", "dockerfile")  # what makes a folder an action, best first


def read_action(text: str, *, file: str, strict: bool = False) -> Action:
    """Read an `action.yml`, tolerant as GitHub's runner is; raise ActionErrors.

    *strict* is for linting: it refuses unknown keys, requires what the marketplace asks for, and tells of
    every mistake instead of the first ten.
    """
    from actions_compat.reader.action import action_document  # noqa: PLC0415  (the models need no YAML)

    return action_document(text, file, strict=strict)


def dockerfile_action(file: str) -> Action:
    """The action that a bare Dockerfile is: no inputs, no outputs, the image's own entrypoint."""
    return Action(
        Position(file, 1, 1), name="", runs=DockerRuns(image=file.replace("\\", "/").rpartition("/")[2])
    )


def is_dockerfile(image: str) -> bool:
    """Whether `runs.image` names a Dockerfile to build: `[path/]Dockerfile[.x]` or `[path/]x.Dockerfile`."""
    name = image.rpartition("/")[2].lower()
    is_named = name == "dockerfile" or name.startswith("dockerfile.") or name.endswith(".dockerfile")
    return is_named and not image.startswith("docker://")
