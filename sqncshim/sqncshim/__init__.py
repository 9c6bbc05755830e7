"""What runs inside a container, and what all parts share: the agent, the step document, plugins, git."""

__version__ = "0.1.0"
