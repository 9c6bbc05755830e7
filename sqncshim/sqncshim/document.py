"""The step document: what a special step prints to say what the next steps are, or to carry data.

`StepDocument.parse` and `StepDocument.to_json` are the two edges; docs/step-document.md and
step-document.schema.json say the same to people and to other programs.

ValueError
└── DocumentError   the text is no step document; the message begins with the path of the bad key
"""

from __future__ import annotations

import json
from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING, Final, Self

from actions_compat.frozen import frozen
from sqncshim.json_reader import DocumentError, JsonObject, expected, join

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FORMAT",
    "SCHEMA",
    "Action",
    "ActionInput",
    "Build",
    "DocumentError",
    "DocumentStep",
    "Metadata",
    "Stage",
    "StepDocument",
]

FORMAT: Final = 1
"""The version of the format that this module reads and writes: the value of the key `sqnc`."""

SCHEMA: Final = "step-document.schema.json"
"""The JSON Schema's file, beside this module."""


class Stage(Enum):
    """When in a job a step runs: all pre steps first, post steps last and in reverse order."""

    PRE = "pre"
    MAIN = "main"
    POST = "post"


@frozen
class Build:
    """An image to build: *context* is a folder as the steps see it, *dockerfile* a path inside it."""

    context: str
    dockerfile: str = "Dockerfile"

    @classmethod
    def read(cls, fields: JsonObject) -> Self:
        fields.only({"context", "dockerfile"})
        return cls(fields.required_text("context"), fields.text("dockerfile", "Dockerfile"))

    def to_value(self) -> dict[str, object]:
        return {"context": self.context, "dockerfile": self.dockerfile}


# A step that has the key may not have these beside it, for they would never be read.
_EXCLUDED: Final[Mapping[str, frozenset[str]]] = {
    "uses": frozenset({"run", "shell", "image", "build", "entrypoint", "cmd", "working_directory"}),
    "run": frozenset({"entrypoint", "cmd"}),
    "build": frozenset({"image"}),
}
_NEEDED: Final[Mapping[str, str]] = {"shell": "run", "with": "uses"}
_WORK: Final = ("uses", "run", "image", "build", "entrypoint", "cmd")
_STEP_KEYS: Final = frozenset(
    {*_WORK, "stage", "id", "name", "if", "env", "working_directory", "shell", "with", "continue_on_error"}
)


@frozen
class DocumentStep:
    """One step. Every text may hold `${{ }}`, which the engine evaluates when it runs the step.

    Empty texts mean that the step does not say. *entrypoint* and *cmd* None are the image's own, and ()
    is none at all. A step without an image runs in the job's container; `node` and `sqncshim`, first in
    *entrypoint*, are the bundle's.
    """

    stage: Stage = Stage.MAIN
    id: str = ""
    name: str = ""
    if_: str = ""
    image: str = ""
    build: Build | None = None
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    working_directory: str = ""
    run: str | None = None
    shell: str = ""
    uses: str = ""
    with_: Mapping[str, str] = field(default_factory=dict)
    continue_on_error: bool | str = False

    @classmethod
    def read(cls, fields: JsonObject) -> Self:
        fields.only(_STEP_KEYS)
        _check_combination(fields)
        return cls(
            stage=fields.choice("stage", Stage, Stage.MAIN),
            id=fields.text("id"),
            name=fields.text("name"),
            if_=fields.text("if"),
            image=fields.text("image"),
            build=Build.read(fields.object("build")) if "build" in fields else None,
            entrypoint=fields.texts("entrypoint"),
            cmd=fields.texts("cmd"),
            env=fields.text_mapping("env"),
            working_directory=fields.text("working_directory"),
            run=fields.any_text("run"),
            shell=fields.text("shell"),
            uses=fields.text("uses"),
            with_=fields.text_mapping("with"),
            continue_on_error=fields.flag_or_text("continue_on_error"),
        )

    def to_value(self) -> dict[str, object]:
        value = {
            "stage": self.stage.value,
            "id": self.id or None,
            "name": self.name or None,
            "if": self.if_ or None,
            "image": self.image or None,
            "build": self.build and self.build.to_value(),
            "entrypoint": self.entrypoint,
            "cmd": self.cmd,
            "env": self.env or None,
            "working_directory": self.working_directory or None,
            "run": self.run,
            "shell": self.shell or None,
            "uses": self.uses or None,
            "with": self.with_ or None,
            "continue_on_error": self.continue_on_error or None,
        }
        return {key: item for key, item in value.items() if item is not None}


def _check_combination(fields: JsonObject) -> None:
    if not any(key in fields for key in _WORK):
        raise DocumentError(fields.path, f"the step does nothing: expected one of {', '.join(_WORK)}")
    for key, excluded in _EXCLUDED.items():
        if key in fields and (beside := sorted(excluded.intersection(fields))):
            raise DocumentError(join(fields.path, beside[0]), f"may not stand beside `{key}`")
    for key, needed in _NEEDED.items():
        if key in fields and needed not in fields:
            raise DocumentError(join(fields.path, key), f"stands only beside `{needed}`")


@frozen
class ActionInput:
    """An input of an action; *default* None is the empty text, and may hold `${{ }}`."""

    required: bool = False
    default: str | None = None
    deprecation_message: str = ""

    @classmethod
    def read(cls, fields: JsonObject) -> Self:
        fields.only({"required", "default", "deprecationMessage"})
        return cls(fields.flag("required"), fields.any_text("default"), fields.text("deprecationMessage"))

    def to_value(self) -> dict[str, object]:
        value: dict[str, object] = {"required": True} if self.required else {}
        if self.default is not None:
            value["default"] = self.default
        if self.deprecation_message:
            value["deprecationMessage"] = self.deprecation_message
        return value


@frozen
class Action:
    """What an engine needs of the parsed `action.yml` beside the steps made from it, in that file's shape.

    *using* is `node20` and the like, `docker`, `composite`, or `plugin`.
    """

    using: str
    name: str = ""
    inputs: Mapping[str, ActionInput] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: JsonObject) -> Self:
        fields.only({"name", "inputs", "runs"})
        inputs = fields.object("inputs")
        runs = fields.object("runs", required=True)
        runs.only({"using"})
        return cls(
            using=runs.required_text("using"),
            name=fields.any_text("name") or "",
            inputs={name: ActionInput.read(inputs.object(name)) for name in inputs},
        )

    def to_value(self) -> dict[str, object]:
        inputs = {name: item.to_value() for name, item in self.inputs.items()}
        return {"name": self.name, "inputs": inputs, "runs": {"using": self.using}}


@frozen
class Metadata:
    """A line for people about what the document is; Concourse's form."""

    name: str
    value: str

    @classmethod
    def read(cls, fields: JsonObject) -> Self:
        fields.only({"name", "value"})
        return cls(fields.required_text("name", empty=True), fields.required_text("value", empty=True))

    def to_value(self) -> dict[str, object]:
        return {"name": self.name, "value": self.value}


@frozen
class StepDocument:
    """The answer of a special step, or of a resource: then there are no steps, and *version* is all.

    *outputs* are the outputs of the step that printed the document, evaluated after the steps are done, with
    their outputs in `steps`. *version* None is unknown.
    """

    version: Mapping[str, str] | None = None
    metadata: tuple[Metadata, ...] = ()
    steps: tuple[DocumentStep, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    action: Action | None = None

    @property
    def step(self) -> DocumentStep | None:
        """The main step; None where there is none, or more than one."""
        main = [step for step in self.steps if step.stage is Stage.MAIN]
        return main[0] if len(main) == 1 else None

    @classmethod
    def parse(cls, data: bytes | str) -> Self:
        """Read what a special step printed; raise DocumentError."""
        return cls.read(JsonObject.parse(data))

    @classmethod
    def read(cls, fields: JsonObject) -> Self:
        fields.only({"sqnc", "version", "metadata", "step", "steps", "outputs", "action"})
        _check_format(fields)
        return cls(
            version=fields.text_mapping("version") if "version" in fields else None,
            metadata=tuple(Metadata.read(item) for item in fields.objects("metadata")),
            steps=_read_steps(fields),
            outputs=fields.text_mapping("outputs"),
            action=Action.read(fields.object("action")) if "action" in fields else None,
        )

    def to_json(self) -> str:
        """The document on one line, without a newline; `parse` gives the same value back."""
        value: dict[str, object] = {"sqnc": FORMAT}
        if self.version is not None:
            value["version"] = dict(self.version)
        if self.metadata:
            value["metadata"] = [item.to_value() for item in self.metadata]
        if self.step is not None:
            value["step"] = self.step.to_value()
        if self.steps:
            value["steps"] = [step.to_value() for step in self.steps]
        if self.outputs:
            value["outputs"] = dict(self.outputs)
        if self.action is not None:
            value["action"] = self.action.to_value()
        return json.dumps(value)


def _check_format(fields: JsonObject) -> None:
    version = fields.get("sqnc", FORMAT)
    if isinstance(version, bool) or not isinstance(version, int | float):
        raise expected("sqnc", "a number", version)
    if version != FORMAT:
        raise DocumentError(
            "sqnc", f"this is version {version} of the format, and we read {FORMAT}: update sqnc"
        )


def _read_steps(fields: JsonObject) -> tuple[DocumentStep, ...]:
    """`step` is what a reader of a single step needs; beside `steps` it repeats the main one of them."""
    steps = tuple(DocumentStep.read(item) for item in fields.objects("steps"))
    if "step" not in fields:
        return steps
    step = DocumentStep.read(fields.object("step"))
    if step.stage is not Stage.MAIN:
        raise DocumentError("step.stage", f"expected main, got {step.stage.value}: list the step in `steps`")
    if "steps" in fields and [item for item in steps if item.stage is Stage.MAIN] != [step]:
        raise DocumentError("step", "beside `steps`, expected the same step as the one of stage main there")
    return steps or (step,)
