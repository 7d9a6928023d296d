"""Which manager was sent a list, and when: so that none gets more letters than the settings say."""

import sqlite3
from collections.abc import Iterable


def due_managers(store: sqlite3.Connection, day: int, every_days: int, managers: Iterable[str]) -> list[str]:
    """Those of the managers who have got no list for so many days. A clock that was wrong holds up nobody."""
    mailed = dict(store.execute("SELECT manager, day FROM mailed_list").fetchall())
    return [manager for manager in managers if manager not in mailed or abs(day - mailed[manager]) >= every_days]


def list_mailed(store: sqlite3.Connection, manager: str, day: int) -> None:
    """A manager is sent the list of a day. Inside the caller's transaction."""
    store.execute("INSERT OR REPLACE INTO mailed_list VALUES (?, ?)", (manager, day))
