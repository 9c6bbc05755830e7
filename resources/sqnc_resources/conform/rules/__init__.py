"""The rules: what is demanded of a resource type, why, and how it is found out.

Each rule is a function in one of these modules, in the order of the report:

    protocol       the answers' form
    versions       which versions there are, and in what order
    requests       what is asked, and what is refused
    folders        what get and put do with theirs
    surroundings   where programs run: variables, folders, users, signals
    secrets        what is shown to whom; these look at every run that the others made
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqnc_resources.conform.rules import folders, protocol, requests, secrets, surroundings, versions
from sqnc_resources.conform.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

RULES: Final[Sequence[Rule]] = (
    *protocol.RULES,
    *versions.RULES,
    *requests.RULES,
    *folders.RULES,
    *surroundings.RULES,
    *secrets.RULES,
)
"""All rules, in the order in which they are judged."""
