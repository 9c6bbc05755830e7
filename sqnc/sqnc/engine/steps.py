"""One form for all steps: those of a workflow, of a composite action, and of any step document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.frozen import frozen
from actions_compat.nodes import Mapping, Position, Scalar, Sequence
from sqnc.resource_steps import declared_step
from sqncshim.document import Build, DocumentStep, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as KeyMapping

    from actions_compat.nodes import Node
    from actions_compat.workflow import Step as WorkflowStep
    from sqnc.resource_steps import DeclaredStep


@frozen
class Step:
    """A step whose values are still unevaluated. entrypoint and cmd None are the image's own."""

    position: Position
    stage: Stage = Stage.MAIN
    id: str = ""
    name: Node | None = None
    if_: str | None = None
    env: Node | None = None
    run: Node | None = None
    shell: str = ""
    working_directory: Node | None = None
    uses: str = ""
    with_: Node | None = None
    image: Node | None = None
    build: Build | None = None
    entrypoint: tuple[Node, ...] | None = None
    cmd: tuple[Node, ...] | None = None
    continue_on_error: Node | None = None
    timeout_minutes: Node | None = None
    resource: DeclaredStep | None = None

    @property
    def is_special(self) -> bool:
        """Whether its standard output is a step document: it calls a plugin of the shim."""
        words = tuple(node.text for node in (self.entrypoint or ())[:2] if isinstance(node, Scalar))
        return words == ("sqncshim", "plugin")

    @property
    def own_image(self) -> bool:
        """Whether it runs in a container of its own kind: an image with its entrypoint, not a script."""
        return (self.image is not None or self.build is not None) and self.run is None


def from_workflow(step: WorkflowStep) -> Step:
    """A workflow's step, with sequence's own keys."""
    return Step(
        position=step.position,
        id=step.id,
        name=step.name,
        if_=None if step.if_ is None else step.if_.text,
        env=step.env,
        run=step.run,
        shell=step.shell,
        working_directory=step.working_directory,
        uses=step.uses,
        with_=step.with_,
        image=step.extra.get("image"),
        entrypoint=_words(step.extra.get("entrypoint")),
        cmd=_words(step.extra.get("cmd")),
        continue_on_error=step.continue_on_error,
        timeout_minutes=step.timeout_minutes,
        resource=declared_step(step) if step.extra else None,
    )


def from_document(step: DocumentStep, origin: str) -> Step:
    """A step of a document; *origin* names the document in messages."""
    place = Position(origin, 0, 0)
    return Step(
        position=place,
        stage=step.stage,
        id=step.id,
        name=_text(step.name, place),
        if_=step.if_ or None,
        env=_mapping(step.env, place),
        run=None if step.run is None else Scalar(place, step.run, step.run),
        shell=step.shell,
        working_directory=_text(step.working_directory, place),
        uses=step.uses,
        with_=_mapping(step.with_, place),
        image=_text(step.image, place),
        build=step.build,
        entrypoint=_scalars(step.entrypoint, place),
        cmd=_scalars(step.cmd, place),
        continue_on_error=_flag(step.continue_on_error, place),
    )


def _text(text: str, place: Position) -> Scalar | None:
    return Scalar(place, text, text) if text else None


def _flag(value: bool | str, place: Position) -> Scalar | None:
    return Scalar(place, value, str(value).lower() if isinstance(value, bool) else value) if value else None


def _mapping(values: KeyMapping[str, str], place: Position) -> Mapping | None:
    if not values:
        return None
    pairs = ((Scalar(place, key, key), Scalar(place, value, value)) for key, value in values.items())
    return Mapping(place, tuple(pairs))


def _scalars(words: Iterable[str] | None, place: Position) -> tuple[Node, ...] | None:
    return None if words is None else tuple(Scalar(place, word, word) for word in words)


def _words(node: Node | None) -> tuple[Node, ...] | None:
    """A list of words, or one; None for no node."""
    if node is None:
        return None
    return node.items if isinstance(node, Sequence) else (node,)
