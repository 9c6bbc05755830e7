"""`if`: when a step or a job runs, and the status functions that say how things went before it."""

from collections.abc import Callable, Mapping
from typing import Literal, Self, TypeAlias

from actions_compat.expressions import UNLIMITED, Expression, is_truthy
from actions_compat.frozen import frozen
from actions_compat.templates import Template

Status: TypeAlias = Literal["success", "failure", "cancelled"]
Functions: TypeAlias = Mapping[str, Callable[..., object]]

STATUS_FUNCTIONS = frozenset({"always", "cancelled", "failure", "success"})


@frozen
class Condition:
    """A parsed `if`."""

    template: Template
    """What is asked, `${{ }}` always around it if it is an expression."""
    needs_success: bool
    """True where `success() &&` is implied: no status function is called."""

    @classmethod
    def parse(cls, text: str | None, *, implicit_success: bool = True) -> Self:
        """Read the value of an `if`, with or without `${{ }}` around it; raise ExpressionError.

        None and blanks ask for `success()`. A text that mixes `${{ }}` with more is
        formatted first, and so is a string, and true. Without *implicit_success*
        (`pre-if`, `post-if`) the condition stands as written, and none is `always()`.
        """
        written = (text or "").strip() or ("success()" if implicit_success else "always()")
        template = Template.parse(text if text and "${{" in text else f"${{{{ {written} }}}}")
        assert template.expression is not None  # either it has one, or one was made of it
        calls_status = not STATUS_FUNCTIONS.isdisjoint(template.expression.functions_used)
        return cls(template, implicit_success and not calls_status)

    @property
    def expression(self) -> Expression:
        """The condition as one expression, without what is implied."""
        assert self.template.expression is not None  # parse saw to it
        return self.template.expression

    def holds(self, contexts: Mapping[str, object], functions: Functions) -> bool:
        """Say whether the step or job runs; raise ExpressionError where the condition is wrong.

        *functions* holds the status functions of the level, and hashFiles for steps.
        """
        if self.needs_success:
            for expression in self.template.expressions:
                expression.check_names(contexts, functions)
            if not _SUCCESS.evaluate({}, functions=functions):
                return False
        return is_truthy(self.template.evaluate(contexts, functions=functions))


_SUCCESS = Expression.parse("success()")


@frozen
class StatusFunction:
    """A function of the results so far; `arity` is its fewest and most arguments."""

    answer: Callable[..., bool]
    arity: tuple[int, int] = (0, 0)

    def __call__(self, *arguments: object) -> bool:
        return self.answer(*arguments)


def status_functions(
    status: Status | None, *, action_status: Status | None = None
) -> dict[str, Callable[..., object]]:
    """Return the status functions of a step, while its job's status is *status*.

    In the main steps of a composite action give *action_status*, the status of the
    action's own steps so far: success() and failure() ask for that, cancelled()
    still for the job's. None is success.
    """
    asked = action_status or status or "success"
    return {
        "always": StatusFunction(lambda: True),
        "cancelled": StatusFunction(lambda: status == "cancelled"),
        "failure": StatusFunction(lambda: asked == "failure"),
        "success": StatusFunction(lambda: asked == "success"),
    }


def job_status_functions(
    needs_results: Mapping[str, str], *, cancelled: bool = False
) -> dict[str, Callable[..., object]]:
    """Return the status functions of a job.

    *needs_results* has the result of every job that it needs, directly or not
    (results.transitive_results); *cancelled* is whether the run is. success() is
    true while all of them succeeded, failure() as soon as one failed; both look
    only at the jobs that they name, if they name any.
    """

    def results(names: tuple[object, ...]) -> list[str | None]:
        if not names:
            return list(needs_results.values())
        known = {job.lower(): result for job, result in needs_results.items()}
        return [known.get(str(name).lower()) for name in names]

    return {
        "always": StatusFunction(lambda: True),
        "cancelled": StatusFunction(lambda: cancelled),
        "failure": StatusFunction(lambda *names: "failure" in results(names), (0, UNLIMITED)),
        "success": StatusFunction(
            lambda *names: not cancelled and all(result == "success" for result in results(names)),
            (0, UNLIMITED),
        ),
    }
