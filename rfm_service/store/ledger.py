"""What is known of every day: which were read, when, and under which cleaning rules."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from rfm_service.clock import stamp
from rfm_service.records import Account, Verdict
from rfm_service.store.connection import transaction


class Entry(NamedTuple):
    """A day's row."""

    lines: int
    amount: int
    sha256: str
    rules: str
    fetched_at: str


def entries(store: sqlite3.Connection, first: int, last: int) -> dict[int, Entry]:
    """The known days from first to last, both included."""
    rows = store.execute(
        "SELECT day, lines, amount, sha256, rules, fetched_at FROM ledger WHERE day BETWEEN ? AND ?", (first, last)
    )
    return {day: Entry(*rest) for day, *rest in rows}


def accounts(store: sqlite3.Connection, day: int) -> list[Account]:
    """A day's accounts, by kind and verdict."""
    rows = store.execute(
        "SELECT kind, verdict, lines, amount FROM day_account WHERE day = ? ORDER BY kind, verdict", (day,)
    )
    return [Account(kind, Verdict(verdict), lines, amount) for kind, verdict, lines, amount in rows]


def days_under_other_rules(store: sqlite3.Connection, rules: str) -> list[int]:
    """The days that were cleaned under rules with another fingerprint, oldest first."""
    return [day for (day,) in store.execute("SELECT day FROM ledger WHERE rules <> ? ORDER BY day", (rules,))]


def confirm(store: sqlite3.Connection, days: Iterable[int], moment: datetime) -> None:
    """The ERP gave the same rows for these days again."""
    with transaction(store):
        store.executemany("UPDATE ledger SET fetched_at = ? WHERE day = ?", ((stamp(moment), day) for day in days))


def known_days(store: sqlite3.Connection) -> int:
    """How many days were read."""
    return int(store.execute("SELECT count(*) FROM ledger").fetchone()[0])


def newest_day(store: sqlite3.Connection) -> int | None:
    """The newest day that was read, if any."""
    newest: int | None = store.execute("SELECT max(day) FROM ledger").fetchone()[0]
    return newest


def quarantined(store: sqlite3.Connection) -> int:
    """How many lines are set aside."""
    return int(store.execute("SELECT count(*) FROM quarantine").fetchone()[0])
