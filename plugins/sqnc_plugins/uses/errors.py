"""What can be wrong with an action; see the package's docstring."""

from sqncshim.plugins import PluginError


class ActionError(PluginError):
    """The action cannot be used."""


class ActionRefError(ActionError):
    """What `uses` says is not there, or is refused."""


class ActionFileError(ActionError):
    """The action's folder or file is not as it should be."""
