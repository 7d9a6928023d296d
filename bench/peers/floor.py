"""What no program that does the task can go below: its bare reading, or its bare writing."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import cache

from openpyxl import Workbook

from bench.data import HORIZON, REFERENCE_DAY, Cells, Data, cells_of
from bench.peers.download import INTO_SALES, SALES, rows_of_days
from bench.returns import read_bare
from rfm_service.engines.store_reader import reading
from rfm_service.store.analysis import past_purchases

Row = Sequence[object]


def prepare(data: Data, task: str) -> None:
    """What is to be written is there."""
    if task in WRITTEN:
        WRITTEN[task](data)


def sync(data: Data) -> None:
    """Nothing but `executemany` into a table without keys, one durable transaction per day."""
    path = data.folder / "floor.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute("PRAGMA journal_mode = TRUNCATE")
        store.execute("PRAGMA synchronous = FULL")
        store.execute(SALES)
        for rows in _rows(data):
            store.execute("BEGIN IMMEDIATE")
            store.executemany(INTO_SALES, rows)
            store.execute("COMMIT")


def rfm(data: Data) -> None:
    """The needed columns of the horizon, out of the store."""
    _read_purchases(data, REFERENCE_DAY - HORIZON)


def snapshots(data: Data) -> None:
    """The needed columns of the whole past, out of the store."""
    _read_purchases(data)


cohorts = snapshots


def netting(data: Data) -> None:
    """Every line read once, with its customer and order."""
    read_bare(data.returns)


def workbook(data: Data) -> None:
    """The same cells, with no look."""
    book = Workbook(write_only=True)
    for title, rows in _cells(data).items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(data.folder / "floor.xlsx")


def _read_purchases(data: Data, first: int = 0) -> None:
    wanted = past_purchases(REFERENCE_DAY, first)
    with reading(data.past.database) as store:
        store.read(wanted.query, wanted.integers, wanted.texts)


@cache
def _rows(data: Data) -> list[list[Row]]:
    return [[tuple(row.values()) for row in rows] for rows in rows_of_days(data)]


@cache
def _cells(data: Data) -> Cells:
    return cells_of(data.cells)


WRITTEN = {"sync": _rows, "workbook": _cells}
