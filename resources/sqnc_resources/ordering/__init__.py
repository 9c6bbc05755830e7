"""How versions are ordered, and which of them a constraint accepts.

    semantic        Semantic: semver.org, and what Go's programs read as such (`v1.2` is 1.2.0)
    constraints     Constraints: `^1.2`, `~1.2.x`, `>= 1.2, < 3 || >= 4.2.3`
    semi_semantic   SemiSemantic: any number of parts, as BOSH and the types of Concourse order versions

    max(tags, key=Semantic.parse)
    Constraints.parse("~1.2").accept(Semantic.parse("1.2.7"))

Each `parse` raises ValueError, and each type can be the type of a key in a source.
"""

from sqnc_resources.ordering.constraints import Constraints
from sqnc_resources.ordering.semantic import Semantic
from sqnc_resources.ordering.semi_semantic import SemiSemantic

__all__ = ["Constraints", "Semantic", "SemiSemantic"]
