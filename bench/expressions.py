"""What an expression costs: parsed and evaluated, evaluated alone, and importing the evaluator.

    python bench/expressions.py

The limits are those that the library promises on CPython 3.11.
"""

import subprocess
import sys
from statistics import median
from timeit import repeat

from actions_compat import Expression, evaluate

EXPRESSION = "github.event_name == 'push' && startsWith(github.ref, 'refs/heads/')"
CONTEXTS: dict[str, object] = {
    "github": {"event_name": "push", "ref": "refs/heads/main", "event": {"commits": list(range(10_000))}},
    "env": {},
    "runner": {"os": "Linux"},
}
ROUNDS = 5_000


def microseconds(statement: str, names: dict[str, object]) -> float:
    """Return the best of seven rounds, the least disturbed by what else the machine does."""
    return min(repeat(statement, globals=names, number=ROUNDS, repeat=7)) / ROUNDS * 1e6


def cpu_milliseconds(code: str) -> float:
    """Return the processor time of an interpreter that runs *code*, the median of eleven."""
    measured = "import resource; u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"
    command = [sys.executable, "-c", f"{code}\n{measured}"]
    return median(
        float(subprocess.run(command, capture_output=True, check=True, text=True).stdout) * 1e3
        for _ in range(11)
    )


def main() -> int:
    names: dict[str, object] = {
        "evaluate": evaluate,
        "parsed": Expression.parse(EXPRESSION),
        "text": EXPRESSION,
        "contexts": CONTEXTS,
    }
    figures = [
        ("parsed and evaluated", microseconds("evaluate(text, contexts)", names), 60, "µs"),
        ("once parsed", microseconds("parsed.evaluate(contexts)", names), 10, "µs"),
        (
            "from actions_compat import evaluate",
            cpu_milliseconds("from actions_compat import evaluate") - cpu_milliseconds("pass"),
            40,
            "ms CPU",
        ),
    ]
    for name, value, limit, unit in figures:
        print(f"{name:36} {value:7.1f} {unit:6} (limit {limit})")
    return int(any(value > limit for _, value, limit, _ in figures))


if __name__ == "__main__":
    sys.exit(main())
