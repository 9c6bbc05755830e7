"""The inputs of an action: what `with` gives, else each default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.templates import Template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqnc.engine.actions import Action
    from sqncshim.document import ActionInput

_DOCKER_OWN = frozenset({"entrypoint", "args"})
"""What every docker action takes, declared or not."""


def resolve_inputs(
    action: Action,
    given: Mapping[str, str],
    contexts: Mapping[str, object],
    *,
    functions: Mapping[str, Callable[..., object]],
) -> dict[str, str]:
    """Return all inputs by their declared names, defaults evaluated; then what was given beyond them."""
    declared = _declared(action)
    folded = {name.lower(): value for name, value in given.items()}
    found = {
        name: folded[name.lower()]
        if name.lower() in folded
        else Template.parse(item.default or "").render(contexts, functions=functions)
        for name, item in declared.items()
    }
    return found | _undeclared(declared, given)


def complaints(action: Action, given: Mapping[str, str]) -> Iterator[str]:
    """What GitHub warns of: inputs that the action does not have, and deprecated ones."""
    declared = _declared(action)
    is_docker = action.document.action is None or action.document.action.using == "docker"
    allowed = _DOCKER_OWN if is_docker else frozenset()
    odd = [name for name in _undeclared(declared, given) if name.lower() not in allowed]
    if odd and declared:
        names = ", ".join(f"'{name}'" for name in odd)
        valid = ", ".join(f"'{name}'" for name in declared)
        yield f"Unexpected input(s) {names}, valid inputs are [{valid}]"
    folded = {name.lower() for name in given}
    for name, item in declared.items():
        if item.deprecation_message and name.lower() in folded:
            yield f"Input '{name}' has been deprecated with message: {item.deprecation_message}"


def _declared(action: Action) -> Mapping[str, ActionInput]:
    return action.document.action.inputs if action.document.action is not None else {}


def _undeclared(declared: Mapping[str, ActionInput], given: Mapping[str, str]) -> dict[str, str]:
    known = {name.lower() for name in declared}
    return {name: value for name, value in given.items() if name.lower() not in known}
