"""What GitHub Actions means, as a library: no engine, and no I/O beyond the files it is handed.

Every public name is imported from its module on first use, so that a caller pays only for what it takes.
"""

from importlib import import_module

# public name → the module that defines it
_EXPORTS = {
    "Annotation": "actions_compat.annotations",
    "AnnotationLimit": "actions_compat.annotations",
    "AVAILABLE": "actions_compat.availability",
    "CaseSensitive": "actions_compat.expressions",
    "check_summary": "actions_compat.file_commands",
    "Command": "actions_compat.commands",
    "command_line": "actions_compat.shells",
    "CommandParser": "actions_compat.commands",
    "CommandState": "actions_compat.effects",
    "Condition": "actions_compat.conditions",
    "default_shell": "actions_compat.shells",
    "EnvironmentLayers": "actions_compat.environment",
    "evaluate": "actions_compat.expressions",
    "EvaluationError": "actions_compat.expressions",
    "Expression": "actions_compat.expressions",
    "ExpressionError": "actions_compat.expressions",
    "ExpressionLimitError": "actions_compat.expressions",
    "ExpressionSyntaxError": "actions_compat.expressions",
    "FileCommandError": "actions_compat.file_commands",
    "format_command": "actions_compat.commands",
    "github_context": "actions_compat.contexts",
    "github_environment": "actions_compat.environment",
    "hash_files": "actions_compat.hashfiles",
    "HashFilesError": "actions_compat.hashfiles",
    "input_environment": "actions_compat.environment",
    "input_name": "actions_compat.environment",
    "is_truthy": "actions_compat.expressions",
    "job_context": "actions_compat.contexts",
    "job_status_functions": "actions_compat.conditions",
    "Masker": "actions_compat.masking",
    "MatcherError": "actions_compat.matchers",
    "MatcherSet": "actions_compat.matchers",
    "MemoryExceededError": "actions_compat.expressions",
    "merge_environment": "actions_compat.environment",
    "merge_results": "actions_compat.results",
    "parse_env": "actions_compat.file_commands",
    "parse_matchers": "actions_compat.matchers",
    "parse_path": "actions_compat.file_commands",
    "RunFacts": "actions_compat.contexts",
    "runner_context": "actions_compat.contexts",
    "runner_environment": "actions_compat.environment",
    "RunnerFacts": "actions_compat.contexts",
    "script_body": "actions_compat.shells",
    "SecretSet": "actions_compat.masking",
    "shell_argv": "actions_compat.shells",
    "ShellError": "actions_compat.shells",
    "status_functions": "actions_compat.conditions",
    "step_context": "actions_compat.contexts",
    "strategy_context": "actions_compat.contexts",
    "StrategyFacts": "actions_compat.contexts",
    "Template": "actions_compat.templates",
    "TemplateError": "actions_compat.templates",
    "to_text": "actions_compat.expressions",
    "transitive_results": "actions_compat.results",
    "UnknownNameError": "actions_compat.expressions",
    "Vocabulary": "actions_compat.commands",
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
