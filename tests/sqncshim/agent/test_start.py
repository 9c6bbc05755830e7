"""What the agent's start may not cost."""

import subprocess
import sys
from pathlib import Path

import sqncshim
import sqncshim.agent

ROOT = Path(sqncshim.__file__).parents[1]
DEAR = {
    *("argparse", "asyncio", "contextlib", "ctypes", "dataclasses", "inspect", "json", "logging", "pathlib"),
    *("random", "shutil", "socket", "subprocess", "tarfile", "tempfile", "threading", "traceback", "typing"),
}


def imported(statement: str) -> set[str]:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_agent_imports_nothing_dear_and_nothing_from_outside_the_standard_library() -> None:
    modules = imported("import sqncshim.agent.loop")
    assert not modules & DEAR
    foreign = (
        {name.partition(".")[0] for name in modules} - sys.stdlib_module_names - {"sqncshim", "__main__"}
    )
    assert foreign == set()


def test_the_engine_s_names_are_imported_when_they_are_asked_for() -> None:
    assert not {"sqncshim.agent.client", "sqncshim.agent.values"} & imported("import sqncshim.agent")
    for name in sqncshim.agent.__all__:
        assert getattr(sqncshim.agent, name).__name__ == name
