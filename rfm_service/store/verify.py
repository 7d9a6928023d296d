"""Proof that the store is what it says: what was sealed is recounted, what is derived is derived again."""

import sqlite3

from rfm_service.store.connection import transaction
from rfm_service.store.orders import rebuild_orders

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
    """What the database engine finds broken in the file: nothing in a sound one."""
    try:
        rows = [str(row[0]) for row in store.execute("PRAGMA integrity_check(10)")]
        references = [
            f"{table} refers to a missing {parent}" for table, _, parent, _ in store.execute("PRAGMA foreign_key_check")
        ]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [row for row in rows if row != "ok"] + references[:10]


def unbalanced_days(store: sqlite3.Connection) -> list[int]:
    """Days whose lines, accounts and ledger row do not give one number."""
    return [day for (day,) in store.execute(DAYS_THAT_DO_NOT_ADD_UP)]


def mend_orders(store: sqlite3.Connection, gift_below: int) -> None:
    """Derive orders and matches from scratch, for good."""
    with transaction(store):
        rebuild_orders(store, gift_below)


def wrong_orders(store: sqlite3.Connection, gift_below: int) -> int:
    """How many rows of orders and matches differ from a derivation from scratch. The store is left as it was."""
    before = _derived(store)
    try:
        with transaction(store):
            rebuild_orders(store, gift_below)
            after = _derived(store)
            raise _Undo
    except _Undo:
        return len(before ^ after)


class _Undo(Exception):
    """Rolls the transaction back."""


def _derived(store: sqlite3.Connection) -> set[tuple[int, ...]]:
    return {
        *store.execute("SELECT day, customer_id, order_id, amount, items, purchase FROM orders"),
        *store.execute("SELECT * FROM return_match"),
    }
