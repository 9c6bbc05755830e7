"""Checks that the jobs' `needs` name jobs, have no cycle, and leave a job to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions_compat.reader.fields import each, fields_of, items_of, text_of

if TYPE_CHECKING:
    from actions_compat.nodes import Node
    from actions_compat.reader.check import Check

_NO_ROOT = "The workflow must contain at least one job with no dependencies."
_MOST_TOLD = 5


def check_needs(jobs: Node, check: Check) -> None:
    """Note each mistake at the need that makes it; job ids match in any case."""
    needs = {text_of(key).upper(): list(each(fields_of(job).get("needs"))) for key, job in items_of(jobs)}
    ids = {text_of(key).upper(): text_of(key) for key, _ in items_of(jobs)}
    before = len(check.errors)
    _check_known(needs, ids, check)
    if not any(not wanted for wanted in needs.values()):
        first = next((key for key, _ in items_of(jobs)), jobs)
        if len(check.errors) == before:
            circle = [f"{ids[job]} needs {text_of(wanted[0])}" for job, wanted in needs.items()]
            check.error(first.position, _NO_ROOT, hint=", ".join(circle[:_MOST_TOLD]))
        return
    if len(check.errors) == before:
        _check_cycles(needs, ids, check)


def _check_known(needs: dict[str, list[Node]], ids: dict[str, str], check: Check) -> None:
    for job, wanted in needs.items():
        for need in wanted:
            if text_of(need).upper() not in ids:
                message = f"Job '{ids[job]}' depends on unknown job '{text_of(need)}'."
                check.error(need.position, message)


def _check_cycles(needs: dict[str, list[Node]], ids: dict[str, str], check: Check) -> None:
    """Note each need that leads back to the job that has it."""
    graph = {job: {text_of(need).upper() for need in wanted} for job, wanted in needs.items()}
    waiting = _on_the_way_to_a_cycle(graph)
    for job in waiting:
        for need in needs[job]:
            name = text_of(need).upper()
            if name in waiting and _leads_to(name, job, graph):
                message = f"Job '{ids[job]}' depends on job '{text_of(need)}' which creates a cycle in the"
                check.error(need.position, message + " dependency graph.")


def _on_the_way_to_a_cycle(graph: dict[str, set[str]]) -> list[str]:
    """The jobs that can never start, in file order: those left when every job that can has run."""
    left = {job: len(wanted) for job, wanted in graph.items()}
    dependents: dict[str, list[str]] = {}
    for job, wanted in graph.items():
        for need in wanted:
            dependents.setdefault(need, []).append(job)
    ready = [job for job, count in left.items() if not count]
    while ready:
        done = ready.pop()
        del left[done]
        for job in dependents.get(done, ()):
            left[job] -= 1
            if not left[job]:
                ready.append(job)
    return list(left)


def _leads_to(start: str, goal: str, graph: dict[str, set[str]]) -> bool:
    seen: set[str] = set()
    todo = [start]
    while todo:
        job = todo.pop()
        if job == goal:
            return True
        if job not in seen:
            seen.add(job)
            todo.extend(graph.get(job, ()))
    return False
