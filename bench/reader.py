"""How long a workflow of 500 lines takes to read and validate, with places.

python bench/reader.py [LINES]

The limit is what the library promises on CPython 3.11; exit status 1 if it is missed.
"""

from __future__ import annotations

import statistics
import sys
import time

from actions_compat.nodes import parse_template
from actions_compat.workflow import read_workflow
from actions_compat.yaml_tree import read_yaml

LIMIT_MS = 40
_HEAD = """\
name: bench
on:
  push:
    branches: [main, 'releases/**']
  pull_request:
env:
  CI: ${{ github.actor }}
jobs:
"""
_JOB = """\
  job{n}:
    name: test ${{{{ matrix.os }}}} {n}
    runs-on: ${{{{ matrix.os }}}}
    if: github.event_name == 'push' && startsWith(github.ref, 'refs/heads/{n}')
    strategy:
      fail-fast: false
      matrix:
        os: [ubuntu-latest, windows-latest]
        python: ['3.11', '3.12']
        include:
          - os: ubuntu-latest
            experimental: true
    env:
      TOKEN: ${{{{ secrets.TOKEN }}}}
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - name: set up
        id: setup
        uses: actions/setup-python@v5
        with:
          python-version: ${{{{ matrix.python }}}}
      - run: |
          pip install .
          pytest --junit ${{{{ runner.temp }}}}/{n}.xml
        shell: bash
        env:
          HASH: ${{{{ hashFiles('**/requirements.txt', '{n}') }}}}
      - if: ${{{{ always() && steps.setup.outcome == 'success' }}}}
        run: echo ${{{{ steps.setup.outputs.python-path }}}}
"""


def workflow_of(lines: int) -> str:
    """A workflow of at least *lines* lines, no two of whose jobs are alike."""
    text = _HEAD
    n = 0
    while text.count("\n") < lines:
        text += _JOB.format(n=n)
        n += 1
    return text


def median_ms(text: str, runs: int = 30) -> tuple[float, float]:
    """The median time of the tree alone, and of the whole reading, each time with nothing remembered."""
    tree, whole = [], []
    for _ in range(runs):
        started = time.perf_counter()
        read_yaml(text, file="bench.yml")
        tree.append(time.perf_counter() - started)
        parse_template.cache_clear()
        started = time.perf_counter()
        read_workflow(text, file="bench.yml", strict=True)
        whole.append(time.perf_counter() - started)
    return statistics.median(tree) * 1000, statistics.median(whole) * 1000


def main() -> int:
    text = workflow_of(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
    tree_ms, whole_ms = median_ms(text)
    print(
        f"{text.count(chr(10))} lines: tree {tree_ms:.1f} ms, "
        f"read and validated {whole_ms:.1f} ms (limit {LIMIT_MS})"
    )
    return int(whole_ms > LIMIT_MS)


if __name__ == "__main__":
    sys.exit(main())
