"""Rows of files, gathered by day in a database of their own, however the files are sorted.

Each batch of rows is one transaction together with how far the file was read: a gathering that was cut off goes on.
"""

import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from rfm_service.store.connection import transaction
from rfm_service.store.file import connected

TABLES = (
    """
    CREATE TABLE IF NOT EXISTS bundle (
        bundle_id INTEGER PRIMARY KEY,
        day INTEGER NOT NULL,
        rows BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX IF NOT EXISTS bundle_by_day ON bundle (day)",
    """
    CREATE TABLE IF NOT EXISTS file (
        place INTEGER PRIMARY KEY,
        lines INTEGER NOT NULL,
        left_out INTEGER NOT NULL,
        last_day INTEGER NOT NULL,
        whole INTEGER NOT NULL
    ) STRICT
    """,
)
LEVEL = 1
"""Of compression: a fifth of the size, at a tenth of the time that reading takes."""


class Progress(NamedTuple):
    """How far a file was read: lines, how many of them were left out, the day of the last one; whether to its end."""

    lines: int = 0
    left_out: int = 0
    last_day: int = -1
    whole: bool = False


class Gathered:
    """Rows as JSON, by day."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def progress(self, place: int) -> Progress:
        """How far the file at this place of the list was read."""
        found = self._database.execute("SELECT lines, left_out, last_day, whole FROM file WHERE place = ?", (place,))
        return Progress(*(found.fetchone() or ()))

    def add(self, place: int, rows: Mapping[int, Sequence[bytes]], progress: Progress) -> None:
        """Keep these rows, and how far the file was read with them."""
        with transaction(self._database) as database:
            database.executemany(
                "INSERT INTO bundle (day, rows) VALUES (?, ?)",
                ((day, zlib.compress(b"[" + b",".join(own) + b"]", LEVEL)) for day, own in rows.items()),
            )
            database.execute("INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)", (place, *progress))

    def days(self) -> list[int]:
        """The days that there are rows of, oldest first."""
        return [day for (day,) in self._database.execute("SELECT DISTINCT day FROM bundle ORDER BY day")]

    def rows(self, day: int) -> list[msgspec.Raw]:
        """The rows of a day, in the order of the files."""
        bundles = self._database.execute("SELECT rows FROM bundle WHERE day = ? ORDER BY bundle_id", (day,))
        rows: list[msgspec.Raw] = []
        for (packed,) in bundles:
            rows += msgspec.json.decode(zlib.decompress(packed), type=list[msgspec.Raw])
        return rows

    def totals(self) -> tuple[int, int]:
        """How many lines were read, and how many of them left out."""
        lines, left_out = self._database.execute(
            "SELECT coalesce(sum(lines), 0), coalesce(sum(left_out), 0) FROM file"
        ).fetchone()
        return lines, left_out


@contextmanager
def opened_gathering(path: Path) -> Iterator[Gathered]:
    """What is gathered at `path`; nothing at first."""
    with connected(path, create=True) as database:
        for statement in TABLES:
            database.execute(statement)
        yield Gathered(database)
