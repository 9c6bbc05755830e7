"""Clients that try again at once, and those that soon think that nothing more comes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqnc_resources.web import Client, Patience, Settings

QUICK = Patience(connect_s=20, read_s=20, total_s=50, attempts=4, first_wait_s=0.01, longest_wait_s=0.04)
HASTY = replace(QUICK, read_s=1.0)


@pytest.fixture
def settings() -> Settings:
    return Settings(patience=QUICK)


@pytest.fixture
def client(settings: Settings) -> Client:
    return Client(settings)


@pytest.fixture
def hasty() -> Settings:
    """Those of a client that waits for bytes only as long as a test can: for tests with slow servers."""
    return Settings(patience=HASTY)
