"""From errors to exit statuses."""

from __future__ import annotations

TYPE_CHECKING = False  # typing's own constant, without the time its import takes
if TYPE_CHECKING:
    from collections.abc import Mapping


def exit_code(error: Exception, codes: Mapping[str, int]) -> int | None:
    """The status for an error that the user can mend, by its class's full name; None for a defect of ours."""
    names = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    return next((codes[name] for name in names if name in codes), None)
