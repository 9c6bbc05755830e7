"""A step's output: commands taken out and applied, secrets masked, the rest on to the log."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Final

from actions_compat import effects
from actions_compat.annotations import AnnotationLimit
from actions_compat.commands import Command, CommandParser, Vocabulary
from actions_compat.effects import CommandState
from actions_compat.frozen import record, replaced
from actions_compat.masking import Masker
from sqnc.events import Annotation, Group, Log
from sqncshim.agent import AgentFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from actions_compat.effects import Effect
    from actions_compat.masking import SecretSet
    from actions_compat.matchers import MatcherAnswer
    from sqnc.engine.matchers import JobMatchers, MatchingReader, StepFiles
    from sqnc.events import Event, EventStream
    from sqncshim.agent import Output


_LINE_BYTES: Final = 64 * 1024


@record
class Effects:
    """What a step's commands asked for, to be applied when it is done, in order."""

    outputs: dict[str, str] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)
    env: list[tuple[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    failed: bool = False


@record
class _Stream:
    """What reads one of a step's streams."""

    parser: CommandParser
    masker: Masker
    matching: MatchingReader


class PlainOutput:
    """Output that is shown and obeyed in nothing: a resource type may print what strangers wrote."""

    def __init__(self, job: str, step: str, events: EventStream, secrets: SecretSet) -> None:
        self._job, self._step, self._events = job, step, events
        self._masker = Masker(secrets)
        self._line = b""

    def write(self, data: bytes) -> None:
        """Take what came; lines are shown whole, but for very long ones."""
        self._line += self._masker.feed(data)
        end = self._line.rfind(b"\n") + 1 if len(self._line) < _LINE_BYTES else len(self._line)
        self._log(self._line[:end])
        self._line = self._line[end:]

    def close(self) -> None:
        self._log(self._line + self._masker.flush())
        self._line = b""

    def _log(self, data: bytes) -> None:
        if data:
            self._events.emit(Log(self._job, self._step, data))


class StepOutput:
    """The readers of one step's two streams; stop-commands holds for both."""

    def __init__(
        self,
        job: str,
        step: str,
        *,
        events: EventStream,
        secrets: SecretSet,
        environment: Mapping[str, str],
        matchers: JobMatchers,
        files: StepFiles,
    ) -> None:
        self.effects = Effects()
        self._matchers, self._files = matchers, files
        self._job, self._step, self._events, self._secrets = job, step, events, secrets
        vocabulary = Vocabulary(
            allow_unsecure_stop_tokens=effects.allows_unsecure_stop_tokens(environment),
        )
        self._commands = CommandState(environment=environment, vocabulary=vocabulary)
        self._limit = AnnotationLimit()
        self._vocabulary = vocabulary
        self._streams: dict[Output, _Stream] = {}

    def write(self, which: Output, data: bytes) -> None:
        """Take what one of the streams gave."""
        stream = self._stream(which)
        self._handle(stream.parser.feed(data), stream)

    def close(self) -> None:
        """Take the last lines, whole or not."""
        for stream in self._streams.values():
            self._handle(stream.parser.flush(), stream)
            self._log(stream.masker.flush())
            self._tell(stream.matching.flush())

    def _stream(self, which: Output) -> _Stream:
        if which not in self._streams:
            parser, masker = CommandParser(self._vocabulary), Masker(self._secrets)
            self._streams[which] = _Stream(parser, masker, self._matchers.reader())
        return self._streams[which]

    def _handle(self, items: list[bytes | Command], stream: _Stream) -> None:
        for item in items:
            if isinstance(item, bytes):
                self._log(stream.masker.feed(item))
                self._tell(stream.matching.feed(item))
                continue
            self._log(stream.masker.flush())
            for effect in self._commands.apply(item):
                self._apply(effect)

    def _tell(self, answers: Iterable[MatcherAnswer]) -> None:
        """Tell what problem matchers found; a place in no file of the workspace is none."""
        for answer in answers:
            for level, messages in (("debug", answer.debug), ("warning", answer.warnings)):
                for message in messages:
                    self._emit(Annotation(self._job, self._step, level, self._masked(message)))
            if (found := answer.annotation) is not None:
                file = self._files.in_workspace(found.file) if found.file else None
                self._report(effects.Issue(replaced(found, file=file)))

    def _change_matchers(self, command: str, path: str, owner: str | None = None) -> None:
        """Add those that a file holds; for `remove-matcher` remove them, or that of *owner*."""
        from actions_compat.matchers import MatcherError  # noqa: PLC0415  (few jobs have any)

        try:
            found = self._files.matchers(path) if owner is None else ()
        except (MatcherError, AgentFailure) as error:
            failed = f"Unable to process command '::{command}::{path}' successfully."
            self._report(effects.Failure((failed, str(error))))
            return
        changed: list[JobMatchers | MatchingReader] = [self._matchers]
        changed += [stream.matching for stream in self._streams.values()]
        for matchers in changed:
            if command == "add-matcher":
                matchers.add(found)
            else:
                matchers.remove([one.owner for one in found] or [owner or ""])

    def _apply(self, effect: Effect) -> None:
        match effect:
            case effects.Output(text=text):
                self._log(self._masked(text).encode(errors="surrogateescape") + b"\n")
            case effects.SetOutput(name=name, value=value):
                self.effects.outputs[name] = value
            case effects.SaveState(name=name, value=value):
                self.effects.state[name] = value
            case effects.SetEnv(name=name, value=value):
                self.effects.env.append((name, value))
            case effects.AddPath(path=path):
                self.effects.paths.append(path)
            case effects.AddMask(value=value):
                self._secrets.add(value)
            case effects.Group(title=title):
                self._emit(Group(self._job, self._step, self._masked(title)))
            case effects.EndGroup():
                self._emit(Group(self._job, self._step, None))
            case _:
                self._report(effect)

    def _report(self, effect: Effect) -> None:
        match effect:
            case effects.Debug(text=text):
                self._emit(Annotation(self._job, self._step, "debug", self._masked(text)))
            case effects.Issue(annotation=found):
                if (admitted := self._limit.admit(found)) is not None:
                    self._emit(
                        Annotation(
                            self._job,
                            self._step,
                            admitted.level,
                            self._masked(admitted.message),
                            title=self._masked(admitted.title or ""),
                            file=admitted.file or "",
                            line=admitted.line or 0,
                            column=admitted.column or 0,
                        )
                    )
            case effects.Failure(messages=messages):
                self.effects.failed = True
                for message in messages:
                    self._emit(Annotation(self._job, self._step, "error", self._masked(message)))
            case effects.AddMatcher(path=path):
                self._change_matchers("add-matcher", path)
            case effects.RemoveMatcher(owner=owner, path=file):
                self._change_matchers("remove-matcher", file or "", owner)
            case _:
                pass  # echo is the command state's own affair

    def _masked(self, text: str) -> str:
        return Masker(self._secrets).mask(text)

    def _log(self, data: bytes) -> None:
        if data:
            self._emit(Log(self._job, self._step, data))

    def _emit(self, event: Event) -> None:
        self._events.emit(event)
