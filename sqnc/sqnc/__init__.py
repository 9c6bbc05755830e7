"""sequence: runs containerized workflows, anywhere."""

__version__ = "0.1.0"
