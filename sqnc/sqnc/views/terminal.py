"""What people see: each job's lines behind its name, steps with their results, mistakes last.

Bytes go out as they come, with a prefix for each line: formatting libraries are far too slow for step output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqnc import events
from sqnc.status import Status
from sqnc.views.failures import Failures

if TYPE_CHECKING:
    from typing import IO

    from sqnc.events import Event

_MARKS: Final = {
    Status.SUCCEEDED: ("✓", "32"),
    Status.FAILED: ("✗", "31"),
    Status.ERRORED: ("!", "31"),
    Status.CANCELED: ("■", "33"),
    Status.SKIPPED: ("-", "2"),
}
_LEVELS: Final = {"error": "31", "warning": "33", "notice": "36", "debug": "2"}
_JOB_COLORS: Final = ("36", "35", "34", "33", "32")


class Terminal:
    """Writes a run's lines to *out*, and the engine's own talk to *talk*."""

    def __init__(self, out: IO[bytes], talk: IO[bytes], *, color: bool) -> None:
        self._out, self._talk, self._color = out, talk, color
        self._prefixes: dict[str, bytes] = {}
        self._ended: list[events.JobFinished] = []
        self._failures: dict[str, Failures] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case events.Log():
                self._indented(event.job, event.data)
            case events.StepStarted(job=job, name=name, depth=depth):
                self._line(job, self._paint("1", f"{'  ' * depth}▸ {name}"))
            case events.StepFinished():
                self._step_finished(event)
            case events.JobStarted(job=job, name=name):
                self._begin(job, name)
            case events.JobFinished():
                self._job_finished(event)
            case events.RunFinished():
                self._run_finished(event)
            case _:
                self._other(event)
        self._out.flush()

    def _other(self, event: Event) -> None:
        match event:
            case events.Annotation() if event.level != "debug":
                self._annotation(event)
            case events.Group(job=job, title=str(title)):
                self._line(job, self._paint("1", f"  ▾ {title}"))
            case events.Summary(job=job, text=text):
                self._line(job, self._paint("1", "  ▾ summary"))
                self._indented(job, text.encode(errors="replace"))
            case events.Progress(job=job, message=message):
                prefix = self._prefixes.get(job, b"")
                self._talk.write(prefix + self._paint("2", message).encode(errors="replace") + b"\n")
                self._talk.flush()
            case _:
                pass

    def _begin(self, job: str, name: str) -> None:
        color = _JOB_COLORS[len(self._prefixes) % len(_JOB_COLORS)]
        self._prefixes[job] = self._paint(color, f"{name} │ ").encode(errors="replace")

    def _indented(self, job: str, text: bytes) -> None:
        prefix = self._prefixes.get(job, b"") + b"    "
        data = text.removesuffix(b"\n")
        self._out.write(prefix + data.replace(b"\n", b"\n" + prefix) + b"\n")

    def _step_finished(self, event: events.StepFinished) -> None:
        self._failures_of(event.job).step_finished(event)
        mark, color = _MARKS[event.status]
        forgiven = " (failed, continue-on-error)" if event.outcome is not event.status else ""
        took = "" if event.status is Status.SKIPPED else f" {_seconds(event.duration_s)}"
        text = f"{'  ' * event.depth}{mark} {event.name}{forgiven}{took}"
        self._line(event.job, self._paint(color, text))

    def _job_finished(self, event: events.JobFinished) -> None:
        self._ended.append(event)
        if event.message:
            self._line(event.job, self._paint("31", f"✗ {event.message}"))

    def _annotation(self, event: events.Annotation) -> None:
        place = f"{event.file}:{event.line}: " if event.file and event.line else ""
        title = f"{event.title}: " if event.title else ""
        if event.level == "error":
            self._failures_of(event.job).tell(event.step, f"{place}{title}{event.message}")
        text = f"{event.level}: {place}{title}{event.message}"
        for line in text.splitlines():
            self._line(event.job, self._paint(_LEVELS.get(event.level, "0"), f"  {line}"))

    def _run_finished(self, event: events.RunFinished) -> None:
        for job in self._ended:
            mark, color = _MARKS[job.status]
            took = "" if job.status is Status.SKIPPED else f" {_seconds(job.duration_s)}"
            forgiven = ", which continue-on-error allows" if job.forgiven else ""
            self._line("", self._paint(color, f"{mark} {job.name}: {job.status.value}{forgiven}{took}"))
            for line in self._failures_of(job.job).lines(job):
                self._line("", f"    {line}")
        self._line("", f"{event.status.value} in {_seconds(event.duration_s)}")

    def _failures_of(self, job: str) -> Failures:
        return self._failures.setdefault(job, Failures())

    def _line(self, job: str, text: str) -> None:
        self._out.write(self._prefixes.get(job, b"") + text.encode(errors="replace") + b"\n")

    def _paint(self, color: str, text: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self._color else text


def _seconds(duration_s: float) -> str:
    return f"{duration_s * 1000:.0f} ms" if duration_s < 1 else f"{duration_s:.1f} s"
