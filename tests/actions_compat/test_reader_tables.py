"""Our tables hold the facts of GitHub's own schema: keys, kinds, what is required, what expressions use."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from actions_compat.reader.action_table import ACTION, STRICT_ACTION
from actions_compat.reader.shapes import ANY, NOWHERE, Keys, Shape
from actions_compat.reader.tables import BACKGROUND_KEYS, STRICT_WORKFLOW, WORKFLOW

SCHEMA = Path(__file__).parents[3] / "shared/reference/schema"
needs_schema = pytest.mark.skipif(not SCHEMA.exists(), reason=f"no schema at {SCHEMA}")

Definition = dict[str, Any]
KINDS = ("null", "boolean", "number", "string")

# what differs, and why
BACKGROUND_FORMS = {
    "wait-step",
    "wait-all-step",
    "cancel-step",
}  # refused by name, unless the caller takes them
WRONG_CONSTANTS = {
    "branch_protection_rule": {"branch_protection_rule", "repository_dispatch"}
}  # a slip there
OURS = {
    "workflow-root.on[]: any": "a list of events holds names; GitHub finds out later",
    "workflow-root-strict.on.workflow_dispatch.inputs: kinds": "GitHub runs such files",
    "workflow-root-strict.on.workflow_dispatch.inputs.*: kinds": "an input without settings is a string",
    "action-root.runs.pre-if: expressions": "as in the schema for linting: it is a condition",
    "action-root.runs.post-if: expressions": "as above",
    "action-root-strict.branding.color: values": "black is in GitHub's documentation and marketplace",
}


class Walk:
    """Compares a definition with a shape, and goes on to what they hold."""

    def __init__(self, definitions: dict[str, Definition]) -> None:
        self.definitions = definitions
        self.seen: set[tuple[str, int]] = set()
        self.differences: list[str] = []

    def compare(self, name: str, shape: Shape, path: str, context: frozenset[str] = frozenset()) -> None:
        if name in self.definitions:
            context = frozenset(self.definitions[name].get("context", context))
        if (name, id(shape)) in self.seen:
            return
        self.seen.add((name, id(shape)))
        if name == "any" or shape.is_any:
            self.expect(path, "any", name == "any", shape is ANY or shape.is_any)
            return
        leaves = list(self.leaves(name))
        self.compare_scalars(leaves, shape, path)
        self.compare_lists(leaves, shape, path, context)
        self.compare_forms(leaves, shape, path, context)

    def leaves(self, name: str) -> list[tuple[str, Definition]]:
        """The definition, or what it is one of."""
        definition = self.definitions.get(name, {name: {}})
        if "one-of" in definition:
            return [leaf for part in definition["one-of"] for leaf in self.leaves(part)]
        return [(name, definition)] if name not in BACKGROUND_FORMS else []

    def compare_scalars(self, leaves: list[tuple[str, Definition]], shape: Shape, path: str) -> None:
        kinds = {kind for _, leaf in leaves for kind in KINDS if kind in leaf}
        kinds |= {"string" for _, leaf in leaves if "allowed-values" in leaf}
        self.expect(path, "kinds", kinds, set(shape.kinds))
        values = {leaf["string"]["constant"] for _, leaf in leaves if "constant" in leaf.get("string", {})}
        values |= {value for _, leaf in leaves for value in leaf.get("allowed-values", ())}
        if len(values) > 30:  # the names of all events
            values = {right for value in values for right in WRONG_CONSTANTS.get(value, {value})}
        self.expect(path, "values", values, set(shape.values))

    def compare_lists(
        self, leaves: list[tuple[str, Definition]], shape: Shape, path: str, context: frozenset[str]
    ) -> None:
        items = next(
            (leaf["sequence"].get("item-type", "any") for _, leaf in leaves if "sequence" in leaf), None
        )
        self.expect(path, "is a list", items is not None, shape.items is not None)
        if items and shape.items:
            self.descend(items, shape.items, f"{path}[]", context, shape)

    def compare_forms(
        self, leaves: list[tuple[str, Definition]], shape: Shape, path: str, context: frozenset[str]
    ) -> None:
        forms = [leaf["mapping"] for _, leaf in leaves if "mapping" in leaf]
        self.expect(path, "forms", len(forms), len(shape.forms))
        for form, keys in zip(forms, shape.forms, strict=False):
            self.compare_form(form, keys, path, context, shape)

    def compare_form(  # noqa: PLR0917  (a walk's state)
        self, form: Definition, keys: Keys, path: str, context: frozenset[str], shape: Shape
    ) -> None:
        properties = {
            key: value if isinstance(value, dict) else {"type": value}
            for key, value in form.get("properties", {}).items()
            if key not in BACKGROUND_KEYS or key == "parallel"
        }
        self.expect(path, "keys", set(properties), set(keys.known))
        required = {key for key, value in properties.items() if value.get("required")}
        self.expect(path, "required", required, set(keys.required))
        for key in properties.keys() & keys.known.keys():
            if key != "parallel":
                self.descend(properties[key]["type"], keys.known[key], f"{path}.{key}", context, shape)
        rest = form.get("loose-value-type")
        self.expect(path, "takes other keys", rest is not None, keys.rest is not None)
        if rest and keys.rest:
            self.descend(rest, keys.rest, f"{path}.*", context, shape)

    def descend(  # noqa: PLR0917  (as above)
        self, name: str, shape: Shape, path: str, context: frozenset[str], around: Shape
    ) -> None:
        """*around* lends *shape* what expressions may use, as the definition around lends its own."""
        available = shape.available or around.available or NOWHERE
        inner = frozenset(self.definitions.get(name, {}).get("context", context))
        ours = {*available.contexts, *map(str.lower, available.functions)}
        self.expect(path, "expressions", names_of(inner), ours)
        if shape.available is None and around.available is not None:
            shape = shape.with_available(around.available)
        self.compare(name, shape, path, context)

    def expect(self, path: str, what: str, theirs: object, ours: object) -> None:
        if theirs != ours:
            self.differences.append(f"{path}: {what}: GitHub {theirs}, we {ours}")


def names_of(context: frozenset[str]) -> set[str]:
    return {re.sub(r"\(.*", "", name).lower() for name in context}


def differences(file: str, root: str, shape: Shape) -> list[str]:
    walk = Walk(json.loads((SCHEMA / file).read_text(encoding="utf-8"))["definitions"])
    walk.compare(root, shape, root)
    return [difference for difference in walk.differences if difference.split(": GitHub")[0] not in OURS]


@needs_schema
@pytest.mark.parametrize(
    ("root", "shape"), [("workflow-root", WORKFLOW), ("workflow-root-strict", STRICT_WORKFLOW)]
)
def test_the_workflow_table_is_githubs(root: str, shape: Shape) -> None:
    assert differences("workflow-v1.0.json", root, shape) == []


@needs_schema
def test_the_action_table_is_githubs() -> None:
    assert differences("action-v1.0.json", "action-root", ACTION) == []
    assert differences("action-v1.0.json", "action-root-strict", STRICT_ACTION) == []


@needs_schema
def test_the_comparison_notices_a_missing_key() -> None:
    form = WORKFLOW.forms[0]
    less = Shape(forms=(Keys({key: form.known[key] for key in form.known if key != "env"}, form.required),))
    assert any(
        "keys" in difference for difference in differences("workflow-v1.0.json", "workflow-root", less)
    )
