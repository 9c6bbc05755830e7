"""The one table of exit statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqnc.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

FAILED: Final = 1
BAD_INPUT: Final = 2
ERRORED: Final = 3
INTERRUPTED: Final = 130

STATUS_CODES: Final[Mapping[Status, int]] = {
    Status.SUCCEEDED: 0,
    Status.FAILED: FAILED,
    Status.ERRORED: ERRORED,
    Status.CANCELED: INTERRUPTED,
}
"""What a run came to, as an exit status."""

ERROR_CODES: Final[Mapping[str, int]] = {
    "actions_compat.nodes.WorkflowError": BAD_INPUT,
    "actions_compat.nodes.WorkflowErrors": BAD_INPUT,
    "sqnc.sources.SourceError": BAD_INPUT,
    "sqnc.cli.expr.InvalidExpressionError": BAD_INPUT,
    "sqnc.cli.values.ValueFileError": BAD_INPUT,
    "sqnc_resources.conform.scenario.ScenarioError": BAD_INPUT,
    "sqnc.resources.histories.StateError": ERRORED,
    "sqnc.resources.programs.StepCanceled": INTERRUPTED,
    "sqnc.resources.programs.StepErrored": ERRORED,
    "sqnc.resources.programs.StepFailed": FAILED,
    "sqnc.conform.ProgramLost": ERRORED,
    "sqnc.runfolder.RunFolderError": ERRORED,
    "sqnc.runtimes.RuntimeFailure": ERRORED,
    "sqncshim.agent.values.AgentError": ERRORED,
    "sqncshim.git.process.GitError": ERRORED,
    "sqncshim.plugins.PluginError": ERRORED,
}
"""The exit status for each class of error, subclasses included; by name, so that none is imported for it."""


def exit_code(error: BaseException) -> int | None:
    """The exit status for an error that the user can mend; None for a defect of ours."""
    names = (f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__)
    return next((ERROR_CODES[name] for name in names if name in ERROR_CODES), None)
