"""What the service is measured against."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import requests

from rfm_service.clock import date_of

COLUMNS = 13
Row = Sequence[object]


def insert_row_by_row(path: Path, rows: Iterable[Row]) -> None:
    """The way of the original service: a connection, an insert and a commit for every row."""
    _make_table(path)
    for row in rows:
        with closing(sqlite3.connect(path)) as store, store:
            store.execute(_insert(), row)


def insert_bare(path: Path, days: Iterable[Sequence[Row]]) -> None:
    """The floor: nothing but `executemany` into a table without keys, one durable transaction per day."""
    _make_table(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute("PRAGMA journal_mode = TRUNCATE")
        store.execute("PRAGMA synchronous = FULL")
        for rows in days:
            store.execute("BEGIN IMMEDIATE")
            store.executemany(_insert(), rows)
            store.execute("COMMIT")


def download(url: str, token: str, days: Iterable[int]) -> None:
    """The floor of looking again: nothing but the answers' bytes, a request a day over one connection."""
    with requests.Session() as session:
        for day in days:
            date = date_of(day).isoformat()
            body = {"datefrom": f"{date}T00:00:00", "datebefore": f"{date}T23:59:59", "algoritm": "clasterclients"}
            session.post(url, json=body, headers={"Authorization": token}, timeout=60).raise_for_status()


def _make_table(path: Path) -> None:
    path.unlink(missing_ok=True)
    columns = ", ".join(f"c{number}" for number in range(COLUMNS))
    with closing(sqlite3.connect(path)) as store, store:
        store.execute(f"CREATE TABLE sales ({columns})")


def _insert() -> str:
    return f"INSERT INTO sales VALUES ({', '.join('?' * COLUMNS)})"
