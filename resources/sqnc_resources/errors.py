"""The errors of the toolkit; the package's docstring draws their tree."""


class ResourceError(Exception):
    """The resource type says no, or cannot: the message says why, and what to do."""


class RequestError(ResourceError):
    """What was asked does not fit the type: one line for each thing that is wrong, its path first."""


class UnknownTypeError(ResourceError):
    """There is no resource type of that name, or it does not load."""


class AnswerError(Exception):
    """The type answered with what the protocol does not allow; its author must mend it."""
