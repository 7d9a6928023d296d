"""Proof that the store is what it says: what was sealed is recounted, what is derived is derived again."""

import sqlite3

from rfm_service.clock import date_of
from rfm_service.store.contents import altered_days
from rfm_service.store.file import PASSING, code_of
from rfm_service.store.orders import rebuild_orders
from rfm_service.store.schema import strange_tables

SHOWN = 10

DAYS_THAT_DO_NOT_ADD_UP = """
WITH counted AS (
    SELECT line.day, document.kind, line.verdict, count(*) AS lines, sum(line.amount) AS amount
    FROM line JOIN document USING (day, document_id) GROUP BY line.day, document.kind, line.verdict
    UNION ALL
    SELECT day, 0, verdict, count(*), sum(amount) FROM quarantine GROUP BY day, verdict
),
differing AS (
    SELECT day FROM (SELECT * FROM counted EXCEPT SELECT day, kind, verdict, lines, amount FROM day_account)
    UNION
    SELECT day FROM (SELECT day, kind, verdict, lines, amount FROM day_account EXCEPT SELECT * FROM counted)
    UNION
    SELECT day FROM ledger
    WHERE (lines, amount) <> (
        SELECT coalesce(sum(lines), 0), coalesce(sum(amount), 0) FROM day_account WHERE day_account.day = ledger.day
    )
)
SELECT day FROM differing ORDER BY day
"""


def damages(store: sqlite3.Connection) -> list[str]:
    """What is broken in the file: tables, pages, references, rows that nobody wrote. Nothing in a sound one."""
    try:
        return [
            *(f"{name} is not as it was made" for name in strange_tables(store)[:SHOWN]),
            *_broken_pages(store),
            *(f"the rows of {date_of(day)} are not those that were written" for day in altered_days(store)[:SHOWN]),
        ]
    except UnicodeDecodeError as error:
        return [str(error)]
    except sqlite3.DatabaseError as error:
        if code_of(error) in PASSING:
            raise
        return [str(error)]


def unbalanced_days(store: sqlite3.Connection) -> list[int]:
    """Days whose lines, accounts and ledger row do not give one number."""
    return [day for (day,) in store.execute(DAYS_THAT_DO_NOT_ADD_UP)]


def troubles(store: sqlite3.Connection) -> list[str]:
    """Everything that speaks against computing from this file: damages, or days that do not add up."""
    return damages(store) or [f"{date_of(day)} does not add up" for day in unbalanced_days(store)]


def wrong_orders(store: sqlite3.Connection, gift_below: int) -> int:
    """How many rows of orders and matches differ from a derivation from scratch. The store is left as it was."""
    before = _derived(store)
    store.execute("BEGIN IMMEDIATE")
    try:
        rebuild_orders(store, gift_below)
        return len(before ^ _derived(store))
    finally:
        store.execute("ROLLBACK")


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
