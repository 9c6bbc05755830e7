"""What GitHub Actions means, as a library: no engine, and no I/O beyond the files it is handed.

Every public name is imported from its module on first use, so that a caller pays only for what it takes.
"""

from importlib import import_module

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:  # what a type checker sees; a test compares it with the table
    from actions_compat.action import Action as Action
    from actions_compat.action import ActionErrors as ActionErrors
    from actions_compat.action import dockerfile_action as dockerfile_action
    from actions_compat.action import is_dockerfile as is_dockerfile
    from actions_compat.action import read_action as read_action
    from actions_compat.annotations import Annotation as Annotation
    from actions_compat.annotations import AnnotationLimit as AnnotationLimit
    from actions_compat.availability import AVAILABLE as AVAILABLE
    from actions_compat.commands import Command as Command
    from actions_compat.commands import CommandParser as CommandParser
    from actions_compat.commands import Vocabulary as Vocabulary
    from actions_compat.commands import format_command as format_command
    from actions_compat.conditions import Condition as Condition
    from actions_compat.conditions import job_status_functions as job_status_functions
    from actions_compat.conditions import status_functions as status_functions
    from actions_compat.contexts import RunFacts as RunFacts
    from actions_compat.contexts import RunnerFacts as RunnerFacts
    from actions_compat.contexts import StrategyFacts as StrategyFacts
    from actions_compat.contexts import github_context as github_context
    from actions_compat.contexts import job_context as job_context
    from actions_compat.contexts import runner_context as runner_context
    from actions_compat.contexts import step_context as step_context
    from actions_compat.contexts import strategy_context as strategy_context
    from actions_compat.cron import Cron as Cron
    from actions_compat.cron import CronError as CronError
    from actions_compat.effects import CommandState as CommandState
    from actions_compat.environment import EnvironmentLayers as EnvironmentLayers
    from actions_compat.environment import github_environment as github_environment
    from actions_compat.environment import input_environment as input_environment
    from actions_compat.environment import input_name as input_name
    from actions_compat.environment import merge_environment as merge_environment
    from actions_compat.environment import runner_environment as runner_environment
    from actions_compat.expressions import CaseSensitive as CaseSensitive
    from actions_compat.expressions import EvaluationError as EvaluationError
    from actions_compat.expressions import Expression as Expression
    from actions_compat.expressions import ExpressionError as ExpressionError
    from actions_compat.expressions import ExpressionLimitError as ExpressionLimitError
    from actions_compat.expressions import ExpressionSyntaxError as ExpressionSyntaxError
    from actions_compat.expressions import MemoryExceededError as MemoryExceededError
    from actions_compat.expressions import UnknownNameError as UnknownNameError
    from actions_compat.expressions import evaluate as evaluate
    from actions_compat.expressions import is_truthy as is_truthy
    from actions_compat.expressions import to_text as to_text
    from actions_compat.file_commands import FileCommandError as FileCommandError
    from actions_compat.file_commands import check_summary as check_summary
    from actions_compat.file_commands import parse_env as parse_env
    from actions_compat.file_commands import parse_path as parse_path
    from actions_compat.hashfiles import HashFilesError as HashFilesError
    from actions_compat.hashfiles import hash_files as hash_files
    from actions_compat.inputs import InputError as InputError
    from actions_compat.inputs import input_values as input_values
    from actions_compat.masking import Masker as Masker
    from actions_compat.masking import SecretSet as SecretSet
    from actions_compat.matchers import MatcherError as MatcherError
    from actions_compat.matchers import MatcherSet as MatcherSet
    from actions_compat.matchers import parse_matchers as parse_matchers
    from actions_compat.matrix import Leg as Leg
    from actions_compat.matrix import MatrixError as MatrixError
    from actions_compat.matrix import expand as expand
    from actions_compat.matrix import job_name as job_name
    from actions_compat.nodes import Position as Position
    from actions_compat.nodes import Scalar as Scalar
    from actions_compat.nodes import WorkflowError as WorkflowError
    from actions_compat.nodes import WorkflowErrors as WorkflowErrors
    from actions_compat.nodes import resolve as resolve
    from actions_compat.nodes import resolve_mapping as resolve_mapping
    from actions_compat.nodes import resolve_text as resolve_text
    from actions_compat.patterns import PatternError as PatternError
    from actions_compat.results import conclusion as conclusion
    from actions_compat.results import job_status as job_status
    from actions_compat.results import matrix_result as matrix_result
    from actions_compat.results import merge_results as merge_results
    from actions_compat.results import transitive_results as transitive_results
    from actions_compat.reusable import Called as Called
    from actions_compat.reusable import CallLimits as CallLimits
    from actions_compat.reusable import read_called as read_called
    from actions_compat.shells import ShellError as ShellError
    from actions_compat.shells import command_line as command_line
    from actions_compat.shells import default_shell as default_shell
    from actions_compat.shells import script_body as script_body
    from actions_compat.shells import shell_argv as shell_argv
    from actions_compat.step_ids import step_ids as step_ids
    from actions_compat.templates import Template as Template
    from actions_compat.templates import TemplateError as TemplateError
    from actions_compat.triggers import Event as Event
    from actions_compat.triggers import Triggers as Triggers
    from actions_compat.triggers import matches as matches
    from actions_compat.triggers import mismatch as mismatch
    from actions_compat.uses import DockerUses as DockerUses
    from actions_compat.uses import LocalUses as LocalUses
    from actions_compat.uses import RepositoryUses as RepositoryUses
    from actions_compat.uses import SelfUses as SelfUses
    from actions_compat.uses import UsesError as UsesError
    from actions_compat.uses import parse_uses as parse_uses
    from actions_compat.workflow import BACKGROUND_STEPS as BACKGROUND_STEPS
    from actions_compat.workflow import Extensions as Extensions
    from actions_compat.workflow import Job as Job
    from actions_compat.workflow import Step as Step
    from actions_compat.workflow import Workflow as Workflow
    from actions_compat.workflow import read_job as read_job
    from actions_compat.workflow import read_step as read_step
    from actions_compat.workflow import read_workflow as read_workflow
    from actions_compat.yaml_tree import Limits as Limits

# public name → the module that defines it
_EXPORTS = {
    "Action": "actions_compat.action",
    "ActionErrors": "actions_compat.action",
    "Annotation": "actions_compat.annotations",
    "AnnotationLimit": "actions_compat.annotations",
    "AVAILABLE": "actions_compat.availability",
    "BACKGROUND_STEPS": "actions_compat.workflow",
    "Called": "actions_compat.reusable",
    "CallLimits": "actions_compat.reusable",
    "CaseSensitive": "actions_compat.expressions",
    "check_summary": "actions_compat.file_commands",
    "Command": "actions_compat.commands",
    "command_line": "actions_compat.shells",
    "CommandParser": "actions_compat.commands",
    "CommandState": "actions_compat.effects",
    "conclusion": "actions_compat.results",
    "Condition": "actions_compat.conditions",
    "Cron": "actions_compat.cron",
    "CronError": "actions_compat.cron",
    "default_shell": "actions_compat.shells",
    "dockerfile_action": "actions_compat.action",
    "DockerUses": "actions_compat.uses",
    "EnvironmentLayers": "actions_compat.environment",
    "evaluate": "actions_compat.expressions",
    "EvaluationError": "actions_compat.expressions",
    "Event": "actions_compat.triggers",
    "expand": "actions_compat.matrix",
    "Expression": "actions_compat.expressions",
    "ExpressionError": "actions_compat.expressions",
    "ExpressionLimitError": "actions_compat.expressions",
    "ExpressionSyntaxError": "actions_compat.expressions",
    "Extensions": "actions_compat.workflow",
    "FileCommandError": "actions_compat.file_commands",
    "format_command": "actions_compat.commands",
    "github_context": "actions_compat.contexts",
    "github_environment": "actions_compat.environment",
    "hash_files": "actions_compat.hashfiles",
    "HashFilesError": "actions_compat.hashfiles",
    "input_environment": "actions_compat.environment",
    "input_name": "actions_compat.environment",
    "input_values": "actions_compat.inputs",
    "InputError": "actions_compat.inputs",
    "is_dockerfile": "actions_compat.action",
    "is_truthy": "actions_compat.expressions",
    "Job": "actions_compat.workflow",
    "job_context": "actions_compat.contexts",
    "job_name": "actions_compat.matrix",
    "job_status": "actions_compat.results",
    "job_status_functions": "actions_compat.conditions",
    "Leg": "actions_compat.matrix",
    "Limits": "actions_compat.yaml_tree",
    "LocalUses": "actions_compat.uses",
    "Masker": "actions_compat.masking",
    "MatcherError": "actions_compat.matchers",
    "MatcherSet": "actions_compat.matchers",
    "matches": "actions_compat.triggers",
    "matrix_result": "actions_compat.results",
    "MatrixError": "actions_compat.matrix",
    "MemoryExceededError": "actions_compat.expressions",
    "merge_environment": "actions_compat.environment",
    "merge_results": "actions_compat.results",
    "mismatch": "actions_compat.triggers",
    "parse_env": "actions_compat.file_commands",
    "parse_matchers": "actions_compat.matchers",
    "parse_path": "actions_compat.file_commands",
    "parse_uses": "actions_compat.uses",
    "PatternError": "actions_compat.patterns",
    "Position": "actions_compat.nodes",
    "read_action": "actions_compat.action",
    "read_called": "actions_compat.reusable",
    "read_job": "actions_compat.workflow",
    "read_step": "actions_compat.workflow",
    "read_workflow": "actions_compat.workflow",
    "RepositoryUses": "actions_compat.uses",
    "resolve": "actions_compat.nodes",
    "resolve_mapping": "actions_compat.nodes",
    "resolve_text": "actions_compat.nodes",
    "RunFacts": "actions_compat.contexts",
    "runner_context": "actions_compat.contexts",
    "runner_environment": "actions_compat.environment",
    "RunnerFacts": "actions_compat.contexts",
    "Scalar": "actions_compat.nodes",
    "script_body": "actions_compat.shells",
    "SecretSet": "actions_compat.masking",
    "shell_argv": "actions_compat.shells",
    "SelfUses": "actions_compat.uses",
    "ShellError": "actions_compat.shells",
    "status_functions": "actions_compat.conditions",
    "Step": "actions_compat.workflow",
    "step_context": "actions_compat.contexts",
    "step_ids": "actions_compat.step_ids",
    "strategy_context": "actions_compat.contexts",
    "StrategyFacts": "actions_compat.contexts",
    "Template": "actions_compat.templates",
    "TemplateError": "actions_compat.templates",
    "to_text": "actions_compat.expressions",
    "transitive_results": "actions_compat.results",
    "Triggers": "actions_compat.triggers",
    "UnknownNameError": "actions_compat.expressions",
    "UsesError": "actions_compat.uses",
    "Vocabulary": "actions_compat.commands",
    "Workflow": "actions_compat.workflow",
    "WorkflowError": "actions_compat.nodes",
    "WorkflowErrors": "actions_compat.nodes",
}

__all__ = sorted(_EXPORTS)  # noqa: PLE0605  (a sorted list of the table's keys)


def __getattr__(name: str) -> object:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_EXPORTS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_EXPORTS]
