"""Clients that wait only as long as a test can."""

from __future__ import annotations

import pytest

from sqnc_resources.web import Client, Patience, Settings

SHORT = Patience(connect_s=2, read_s=0.5, total_s=5, attempts=4, first_wait_s=0.01, longest_wait_s=0.04)


@pytest.fixture
def settings() -> Settings:
    return Settings(patience=SHORT)


@pytest.fixture
def client(settings: Settings) -> Client:
    return Client(settings)
