"""Proof that the store is what it says: what was sealed is recounted, what is derived is derived again."""

import sqlite3
from collections.abc import Callable

from rfm_service.clock import date_of
from rfm_service.store.contents import altered_days
from rfm_service.store.derived import altered_since
from rfm_service.store.file import PASSING, code_of
from rfm_service.store.orders import rebuild_orders
from rfm_service.store.schema import strange_tables

SHOWN = 10
EVER = 0

GROWING = {
    "document",
    "line",
    "quarantine",
    "day_account",
    "orders",
    "return_match",
    "order_ref",
    "contractor",
    "address",
    "catalog_entry",
}
"""Tables that grow with every day of sales; of them a night looks at what its report is made of."""

DAYS_THAT_DO_NOT_ADD_UP = """
WITH counted AS (
    SELECT line.day, document.kind, line.verdict, count(*) AS lines, sum(line.amount) AS amount
    FROM line JOIN document USING (day, document_id)
    WHERE line.day >= :since GROUP BY line.day, document.kind, line.verdict
    UNION ALL
    SELECT day, 0, verdict, count(*), sum(amount) FROM quarantine WHERE day >= :since GROUP BY day, verdict
),
noted AS (SELECT day, kind, verdict, lines, amount FROM day_account WHERE day >= :since),
differing AS (
    SELECT day FROM (SELECT * FROM counted EXCEPT SELECT * FROM noted)
    UNION
    SELECT day FROM (SELECT * FROM noted EXCEPT SELECT * FROM counted)
    UNION
    SELECT day FROM ledger
    WHERE day >= :since AND (lines, amount) <> (
        SELECT coalesce(sum(lines), 0), coalesce(sum(amount), 0) FROM day_account WHERE day_account.day = ledger.day
    )
)
SELECT day FROM differing ORDER BY day
"""


def damages(store: sqlite3.Connection) -> list[str]:
    """What is broken in the file: tables, pages, references, rows that nobody wrote. Nothing in a sound one."""
    return _told(lambda: [*_strange_tables(store), *_broken_pages(store), *_altered_days(store, EVER)])


def unbalanced_days(store: sqlite3.Connection, since: int = EVER) -> list[int]:
    """Days whose lines, accounts and ledger row do not give one number."""
    return [day for (day,) in store.execute(DAYS_THAT_DO_NOT_ADD_UP, {"since": since})]


def troubles(store: sqlite3.Connection) -> list[str]:
    """Everything that speaks against computing from this file: damages, or days that do not add up."""
    return damages(store) or _unbalanced(store, EVER)


def troubles_since(store: sqlite3.Connection, day: int) -> list[str]:
    """What speaks against computing from the days since this one: what `troubles` would say of all that they need.

    It takes no longer for many years than for one.
    """
    return _told(
        lambda: [
            *_strange_tables(store),
            *_broken_small_tables(store),
            *_altered_days(store, day),
            *altered_since(store, day),
            *_unbalanced(store, day),
        ]
    )


def wrong_orders(store: sqlite3.Connection, gift_below: int) -> int:
    """How many rows of orders and matches differ from a derivation from scratch. The store is left as it was."""
    before = _derived(store)
    store.execute("BEGIN IMMEDIATE")
    try:
        rebuild_orders(store, gift_below)
        return len(before ^ _derived(store))
    finally:
        store.execute("ROLLBACK")


def _told(look: Callable[[], list[str]]) -> list[str]:
    """What a look finds, also when it cannot be finished."""
    try:
        return look()
    except UnicodeDecodeError as error:
        return [str(error)]
    except sqlite3.DatabaseError as error:
        if code_of(error) in PASSING:
            raise
        return [str(error)]


def _strange_tables(store: sqlite3.Connection) -> list[str]:
    return [f"{name} is not as it was made" for name in strange_tables(store)[:SHOWN]]


def _altered_days(store: sqlite3.Connection, since: int) -> list[str]:
    days = altered_days(store, since)[:SHOWN]
    return [f"the rows of {date_of(day)} are not those that were written" for day in days]


def _unbalanced(store: sqlite3.Connection, since: int) -> list[str]:
    return [f"{date_of(day)} does not add up" for day in unbalanced_days(store, since)]


def _broken_small_tables(store: sqlite3.Connection) -> list[str]:
    tables = {name for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")} - GROWING
    found = (str(row[0]) for table in sorted(tables) for row in store.execute(f"PRAGMA integrity_check({table})"))
    return [row for row in found if row != "ok"][:SHOWN]


def _broken_pages(store: sqlite3.Connection) -> list[str]:
    pages = [str(row[0]) for row in store.execute(f"PRAGMA integrity_check({SHOWN})")]
    references = [
        f"{table} refers to a missing {parent}" for table, _, parent, _ in store.execute("PRAGMA foreign_key_check")
    ]
    return [row for row in pages if row != "ok"] + references[:SHOWN]


def _derived(store: sqlite3.Connection) -> set[tuple[int, ...]]:
    return {
        *store.execute("SELECT day, customer_id, order_id, amount, items, purchase FROM orders"),
        *store.execute("SELECT * FROM return_match"),
    }
