"""Who was on the list of calls, and when: so that nobody rings twice for the same thing."""

import sqlite3
from collections.abc import Iterable

KEPT_DAYS = 366


def remember_calls(store: sqlite3.Connection, day: int, customers: Iterable[int]) -> None:
    """These are on the list of a day, whatever was said of that day before. Inside the caller's transaction."""
    store.execute("DELETE FROM called WHERE day = ? OR day <= ?", (day, day - KEPT_DAYS))
    store.executemany("INSERT INTO called VALUES (?, ?)", ((day, customer) for customer in customers))
