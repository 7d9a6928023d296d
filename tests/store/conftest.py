"""A store of its own for every test."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from rfm_service.store.connection import opened


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A new store."""
    with opened(tmp_path / "sales.db") as store:
        store.execute("PRAGMA synchronous = OFF")
        yield store
