"""One process of a step: its environment and command made ready, run by the agent, its effects applied."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from actions_compat.environment import (
    EnvironmentLayers,
    github_environment,
    merge_environment,
    runner_environment,
    translate_paths,
)
from actions_compat.file_commands import (
    NODE_OPTIONS_REFUSED,
    FileCommandError,
    check_summary,
    is_blocked,
    parse_env,
    parse_path,
    unable_to_process,
)
from actions_compat.frozen import frozen
from actions_compat.nodes import resolve_text, to_text
from actions_compat.shells import command_line, default_shell, script_body
from actions_compat.templates import Template
from sqnc.engine.containers import DEFAULT_PATH, action_path
from sqnc.engine.matchers import StepFiles
from sqnc.runtimes import RuntimeFailure, Volume
from sqncshim.agent import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqnc.engine.cancellation import Cancellation
    from sqnc.engine.containers import JobContainer
    from sqnc.engine.limits import Timeout
    from sqnc.engine.output import StepOutput
    from sqnc.engine.scope import Scope
    from sqnc.engine.steps import Step
    from sqncshim.agent import Exit, Output

    Write: TypeAlias = Callable[[Output, bytes], None]

_DOCKER_WORKSPACE: Final = "/github/workspace"
_DOCKER_TEMP: Final = "/github/runner_temp"
# The user's tree belongs to the user, and git refuses it to root otherwise ("dubious ownership").
_TRUST: Final = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
}
_SHORTEST_S: Final = 0.001  # for a step that starts when its time is over: 0 would be no limit
_UNINHERITED: Final = ("GITHUB_", "RUNNER_", "ACTIONS_", "INPUT_", "STATE_")


@frozen
class Work:
    """A process to run for a step. *env* is the step's own, with INPUT_* and STATE_* in *action_env*."""

    step: Step
    scope: Scope
    key: str
    env: Mapping[str, str]
    contexts: Mapping[str, object]
    action_env: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    is_action: bool = False
    timeout: Timeout | None = None


@frozen
class Done:
    """What became of it. *stdout* is only kept for a special step."""

    code: int
    failed: bool
    message: str
    outputs: Mapping[str, str]
    state: Mapping[str, str]
    stdout: bytes = b""


@frozen
class Plan:
    """A process ready to be started. *temp* and *workspace* are as it sees them; '' is the job's own."""

    argv: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    temp: str = ""
    workspace: str = ""
    stdin: bytes | None = None


class JobServices(Protocol):
    """What a job gives to the processes of its steps."""

    isolated: bool
    in_container: bool
    cancellation: Cancellation
    host_environment: Mapping[str, str]

    def output(self, key: str, environment: Mapping[str, str], files: StepFiles) -> StepOutput: ...

    def annotate(self, key: str, level: str, message: str) -> None: ...

    def summarize(self, key: str, content: bytes) -> None: ...

    def step_name(self, key: str) -> str: ...


def _tee(output: StepOutput, kept: bytearray) -> Write:
    """A special step's standard output is its document; everything else is log."""
    from sqncshim.agent import Output as Which  # noqa: PLC0415  (only special steps)

    def write(which: Output, data: bytes) -> None:
        if which is Which.STDOUT:
            kept.extend(data)
        else:
            output.write(which, data)

    return write


def resolve_env(values: Mapping[str, object]) -> dict[str, str]:
    return {name: to_text(value) for name, value in values.items()}


class Execution:
    """Runs the processes of one job's steps."""

    def __init__(self, job: JobServices) -> None:
        self._job = job
        host = job.host_environment
        self._host = {name: value for name, value in host.items() if not name.startswith(_UNINHERITED)}

    def script(self, work: Work, container: JobContainer) -> Done:
        """Run the `run` of a step in a container of the job."""
        functions = work.scope.functions()
        text = resolve_text(work.step.run, work.contexts, functions=functions)
        environment = self._environment(work, container)
        shell = self._shell(work, container, environment)
        command = command_line(shell)
        path = f"{work.scope.state.layout.temp}/{os.urandom(8).hex()}{command.extension}"
        argv = command.argv(path)
        body = script_body(shell, text).encode()
        return self._run(work, container, Plan(argv, environment, self._folder(work), {path: body}))

    def entrypoint(self, work: Work, container: JobContainer) -> Done:
        """Run an entrypoint with its arguments in a container of the job; `node` is the bundle's."""
        environment = self._environment(work, container)
        program, *words = self._words(work, container)
        bundled = container.program(program)
        request = json.dumps({"with": dict(work.inputs)}).encode() if work.step.is_special else None
        plan = Plan((bundled, *words), environment, self._folder(work), stdin=request)
        return self._run(work, container, plan)

    def own_container(self, work: Work, container: JobContainer) -> Done:
        """Run a docker action's process in its container, which sees the job's folders at GitHub's paths."""
        layout = work.scope.state.layout
        moved = {layout.workspace: _DOCKER_WORKSPACE, layout.temp: _DOCKER_TEMP}
        environment = translate_paths(self._environment(work, container), moved)
        words = self._words(work, container)
        plan = Plan(words, environment, _DOCKER_WORKSPACE, temp=_DOCKER_TEMP, workspace=_DOCKER_WORKSPACE)
        return self._run(work, container, plan)

    def _words(self, work: Work, container: JobContainer) -> tuple[str, ...]:
        """Entrypoint and arguments: the step's, else what `with` says, else the image's."""
        contexts = {**work.contexts, "inputs": work.inputs} if work.is_action else work.contexts
        given = {name.lower(): value for name, value in work.inputs.items()} if work.is_action else {}

        def words(nodes: object, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
            if nodes is not None:
                assert isinstance(nodes, tuple)
                return tuple(resolve_text(node, contexts, functions=work.scope.functions()) for node in nodes)
            return tuple(shlex.split(given[name])) if given.get(name) else default

        image = container.image
        entrypoint = words(work.step.entrypoint, "entrypoint", image.entrypoint)
        overridden = work.step.entrypoint is not None or bool(given.get("entrypoint"))
        cmd = words(work.step.cmd, "args", () if overridden else image.cmd)
        if not (entrypoint or cmd):
            raise RuntimeFailure(
                f"image {image.id}: it names no program to run: give the step `entrypoint`, `cmd` or `run`"
            )
        return (*entrypoint, *cmd)

    def _shell(self, work: Work, container: JobContainer, environment: Mapping[str, str]) -> str:
        state = work.scope.state
        if work.step.shell:
            return Template.parse(work.step.shell).render(work.contexts)
        if work.scope.action is None and state.defaults.shell is not None:
            return resolve_text(state.defaults.shell, work.contexts)
        in_container = self._job.in_container or work.step.image is not None
        bash = not in_container and container.has("bash", environment["PATH"])
        return default_shell(container=in_container, has_bash=bash)

    def _folder(self, work: Work) -> str:
        state = work.scope.state
        node = work.step.working_directory
        if node is None and work.scope.action is None and work.step.run is not None:
            node = state.defaults.working_directory
        given = resolve_text(node, work.contexts, functions=work.scope.functions())
        if not given:
            return state.layout.workspace
        return given if given.startswith("/") else f"{state.layout.workspace}/{given}"

    def _environment(self, work: Work, container: JobContainer) -> dict[str, str]:
        state = work.scope.state
        github = work.contexts["github"]
        assert isinstance(github, dict)
        defaults = {**github_environment(github), **runner_environment(state.runner)}
        base = self.base_environment(container, state.layout.home)
        layers = EnvironmentLayers(
            process=base,
            job=state.env,
            exported=state.exported,
            step=work.env,
            action=work.action_env,
            defaults=defaults,
        )
        merged = merge_environment(layers, added_path=state.paths)
        if work.is_action and not work.step.own_image:  # an image has what it has
            merged["PATH"] = action_path(merged["PATH"], container.tools)
        return merged

    def base_environment(self, container: JobContainer, home: str) -> Mapping[str, str]:
        """What every process finds, before anything of GitHub's."""
        if self._job.isolated:
            return {"PATH": DEFAULT_PATH, **_TRUST, **container.image.env, "HOME": home}
        return self._host

    def _run(self, work: Work, container: JobContainer, plan: Plan) -> Done:
        state = work.scope.state
        temp = plan.temp or state.layout.temp
        files = state.command_files(temp)
        state.next_process()
        environment = plan.environment | {f"GITHUB_{name.upper()}": path for name, path in files.items()}
        command = Command(
            argv=plan.argv,
            env=environment,
            cwd=plan.folder,
            user=container.image.user if self._job.isolated else "",
            files={**dict.fromkeys(files.values(), b""), **plan.files},
            collect=tuple(files.values()),
            discard=tuple(plan.files),
            spares=f"{temp}/_runner_file_commands",
            stdin=plan.stdin,
            timeout_s=None if work.timeout is None else max(work.timeout.left_s, _SHORTEST_S),
        )
        files_seen = StepFiles(container.agent, plan.workspace or state.layout.workspace)
        output = self._job.output(work.key, environment, files_seen)
        kept = bytearray()
        done = self._wait(container, command, _tee(output, kept) if work.step.is_special else output.write)
        output.close()
        failed = self._apply(work, done, output, {name: done.files.get(path) for name, path in files.items()})
        return Done(
            code=done.code,
            failed=failed,
            message=self._reason(done, work),
            outputs=output.effects.outputs,
            state=output.effects.state,
            stdout=bytes(kept),
        )

    def _wait(self, container: JobContainer, command: Command, write: Write) -> Exit:
        cancellation = self._job.cancellation
        process = container.agent.start(command, write)
        cancellation.running(process, spared=cancellation.is_heeded)
        try:
            return process.wait()
        finally:
            cancellation.done()

    def _reason(self, done: Exit, work: Work) -> str:
        if done.timed_out:
            assert work.timeout is not None  # nothing else gives the agent a limit
            return work.timeout.complaint(self._job.step_name(work.key))
        return f"Process completed with exit code {done.code}." if done.code else ""

    def _apply(self, work: Work, done: Exit, output: StepOutput, files: Mapping[str, bytes | None]) -> bool:
        """Apply commands, then file commands, as far as they can be read; say whether the step has failed."""
        effects = output.effects
        failed = effects.failed or done.code != 0 or done.timed_out
        for name, content in files.items():
            if not content:
                continue
            try:
                self._apply_file(work, name, content, output)
            except FileCommandError as error:
                failed = True
                for message in (unable_to_process(name), str(error)):
                    self._job.annotate(work.key, "error", message)
        state = work.scope.state
        state.exported.update(effects.env)
        state.paths += effects.paths
        return failed

    def _apply_file(self, work: Work, name: str, content: bytes, output: StepOutput) -> None:
        effects = output.effects
        match name:
            case "path":
                effects.paths += parse_path(content)
            case "env":
                for key, value in parse_env(content):
                    if is_blocked(key):
                        self._job.annotate(work.key, "error", NODE_OPTIONS_REFUSED)
                    else:
                        effects.env.append((key, value))
            case "state":
                effects.state.update(parse_env(content))
            case "output":
                effects.outputs.update(parse_env(content))
            case _:
                if (refusal := check_summary(content)) is not None:
                    self._job.annotate(work.key, "error", refusal)
                else:
                    self._job.summarize(work.key, content)


def docker_volumes(workspace: Volume, temp: Volume) -> tuple[Volume, ...]:
    """The job's folders once more, where a docker action expects them."""
    return (Volume(workspace.name, _DOCKER_WORKSPACE), Volume(temp.name, _DOCKER_TEMP))
