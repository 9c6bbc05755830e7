"""An engine for tests to kill: makes what a run makes up to a moment, says "ready", and waits.

    python engine_to_kill.py RUNTIME CACHE RUN MOMENT

MOMENT: making, watched, creating, created, started. It prints "ready"; a line on standard input lets it go on
and end as an engine ends.
"""

import sys
from pathlib import Path

from sqnc.runfolder import Owner
from sqnc.runtimes import Container, ContainerSpec, Pull, Runtime, open_runtime
from sqnc.watcher import watch

BUSYBOX = "sqnc-test/busybox:1"


def main(name: str, cache: str, run: str, moment: str) -> None:
    runtime = open_runtime(name, cache=Path(cache), progress=lambda _: None)
    if moment == "making":  # the run's folder is there, and has not got its name yet
        Owner.dump = lambda _: ready(moment)  # type: ignore[assignment,method-assign]  # it comes no further
    with watch(run, runtime, cache=Path(cache)):
        container = make(runtime, run, moment) if moment != "watched" else None
        ready(moment)
        del container  # until here its stream was open
        runtime.prune(run)
    runtime.close()


def make(runtime: Runtime, run: str, moment: str) -> Container:
    image = runtime.image(BUSYBOX, pull=Pull.NEVER, progress=lambda _: None)
    volume = runtime.create_volume(run, "/v")
    if runtime.isolated:
        runtime.create_volume(run, "/w", lower=[Path(__file__).parent])
        runtime.create_network(run)
    if moment in {"creating", "created"}:
        stop_at(runtime, moment)
    return runtime.start(
        ContainerSpec(run, image, volumes=(volume,) if runtime.isolated else (), network=network(runtime))
    )


def network(runtime: Runtime) -> str:
    return "none" if runtime.isolated else ""


def stop_at(runtime: Runtime, moment: str) -> None:
    """Say "ready" when the container is about to be created, or created and about to be started."""
    api = runtime._engine.api  # type: ignore[attr-defined]  # Docker's, by now
    name = "create_container_from_config" if moment == "creating" else "start"
    real = getattr(api, name)

    def announced(*arguments: object) -> object:
        if moment == "creating":
            print("ready", flush=True)  # and go on: the kill comes in the middle of it
            return real(*arguments)
        ready(moment)
        return real(*arguments)

    setattr(api, name, announced)


def ready(moment: str) -> None:
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(*sys.argv[1:])
