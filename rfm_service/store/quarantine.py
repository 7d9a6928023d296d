"""Lines that were refused, kept whole."""

import sqlite3
from typing import NamedTuple


class QuarantinedLine(NamedTuple):
    """A refused line. `position` counts from 0 within the day; `amount` is kopecks, 0 where it could not be read."""

    day: int
    position: int
    verdict: int
    field: str
    amount: int
    raw: str


def quarantined_lines(store: sqlite3.Connection, first: int, last: int) -> list[QuarantinedLine]:
    """The refused lines of the days from first to last, both included."""
    rows = store.execute(
        "SELECT day, position, verdict, field, amount, raw FROM quarantine WHERE day BETWEEN ? AND ?"
        " ORDER BY day, position",
        (first, last),
    )
    return [QuarantinedLine(*row) for row in rows]


class QuarantinedDay(NamedTuple):
    """How many lines of a day were refused for one reason; `amount` is kopecks."""

    day: int
    verdict: int
    field: str
    lines: int
    amount: int


def quarantined_days(store: sqlite3.Connection) -> list[QuarantinedDay]:
    """Of all days and reasons, the newest first."""
    rows = store.execute(
        "SELECT day, verdict, field, count(*), sum(amount) FROM quarantine"
        " GROUP BY day, verdict, field ORDER BY day DESC, count(*) DESC"
    )
    return [QuarantinedDay(*row) for row in rows]


def count_quarantined(store: sqlite3.Connection) -> int:
    """How many lines are set aside."""
    return int(store.execute("SELECT count(*) FROM quarantine").fetchone()[0])
