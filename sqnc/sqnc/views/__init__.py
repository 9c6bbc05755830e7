"""Readers of the event stream: what a run looks like."""
