"""What is known of every day: which were read, when, and under which cleaning rules."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from rfm_service.clock import stamp
from rfm_service.kinds import Verdict
from rfm_service.records import Account
from rfm_service.store.connection import transaction


class Entry(NamedTuple):
    """A day's row. A day that is not `sealed` is to be read again at the next chance.

    `lines` and `amount` are of what was received, `readable_…` of what of it could be read. `origin` names the files
    that the day was imported from; it is empty when the ERP gave it.
    """

    sealed: bool
    lines: int
    amount: int
    sha256: str
    rules: str
    fetched_at: str
    changed_at: str
    readable_lines: int
    readable_amount: int
    origin: str = ""


def entries(store: sqlite3.Connection, first: int, last: int) -> dict[int, Entry]:
    """The known days from first to last, both included."""
    rows = store.execute(
        "SELECT ledger.day, sealed, ledger.lines, ledger.amount, sha256, rules, fetched_at, changed_at,"
        " coalesce(sum(day_account.lines), 0), coalesce(sum(day_account.amount), 0), origin"
        " FROM ledger LEFT JOIN day_account ON day_account.day = ledger.day AND day_account.kind <> 0"
        " WHERE ledger.day BETWEEN ? AND ? GROUP BY ledger.day",
        (first, last),
    )
    return {day: Entry(bool(sealed), *rest) for day, sealed, *rest in rows}


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
    """The ERP gave the same rows for these days again: they are sealed, and nothing is held against them."""
    with transaction(store):
        for day in days:
            store.execute("UPDATE ledger SET (sealed, fetched_at) = (1, ?) WHERE day = ?", (stamp(moment), day))
            settle(store, day)


def settle(store: sqlite3.Connection, day: int) -> None:
    """Nothing is held against this day any more, and no document is missed on it. Within a transaction."""
    for table in ("suspect", "left_behind"):
        store.execute(f"DELETE FROM {table} WHERE day = ?", (day,))


def unseal(store: sqlite3.Connection, day: int) -> None:
    """This day is to be read again at the next chance."""
    with transaction(store):
        store.execute("UPDATE ledger SET sealed = 0 WHERE day = ?", (day,))


def unsealed_days(store: sqlite3.Connection) -> list[int]:
    """The known days that are to be read again, oldest first."""
    return [day for (day,) in store.execute("SELECT day FROM ledger WHERE sealed = 0 ORDER BY day")]


def unbalanced_days(store: sqlite3.Connection) -> list[int]:
    """Days whose accounts do not add up to what was received, in lines or in kopecks; none in a sound store."""
    rows = store.execute(
        "SELECT ledger.day FROM ledger LEFT JOIN day_account USING (day) GROUP BY ledger.day"
        " HAVING (ledger.lines, ledger.amount)"
        " <> (coalesce(sum(day_account.lines), 0), coalesce(sum(day_account.amount), 0)) ORDER BY ledger.day"
    )
    return [day for (day,) in rows]


def has_usual_sales(store: sqlite3.Connection, day: int) -> bool:
    """Whether this weekday always has sales: on every one of its eight neighbours that is known, at least four."""
    weeks = [day + 7 * week for week in (-4, -3, -2, -1, 1, 2, 3, 4)]
    found = [
        lines
        for (lines,) in store.execute(f"SELECT lines FROM ledger WHERE day IN ({', '.join('?' * len(weeks))})", weeks)
    ]
    return len(found) >= 4 and all(found)


def imported_days(store: sqlite3.Connection) -> list[int]:
    """The days that came from files, oldest first."""
    return [day for (day,) in store.execute("SELECT day FROM ledger WHERE origin <> '' ORDER BY day")]


def known_days(store: sqlite3.Connection) -> int:
    """How many days were read."""
    return int(store.execute("SELECT count(*) FROM ledger").fetchone()[0])


def oldest_day(store: sqlite3.Connection) -> int | None:
    """The oldest day that was read, if any."""
    oldest: int | None = store.execute("SELECT min(day) FROM ledger").fetchone()[0]
    return oldest


def newest_day_with_sales(store: sqlite3.Connection) -> int | None:
    """The newest day that has lines, if any."""
    newest: int | None = store.execute("SELECT max(day) FROM ledger WHERE lines > 0").fetchone()[0]
    return newest


def newest_day(store: sqlite3.Connection) -> int | None:
    """The newest day that was read, if any."""
    newest: int | None = store.execute("SELECT max(day) FROM ledger").fetchone()[0]
    return newest
