"""Sales that are too old are deleted, and with them the names that nothing else needs."""

import sqlite3
from datetime import datetime, timedelta

from rfm_service.clock import stamp
from rfm_service.store.connection import transaction
from rfm_service.store.orders import begin_derivation, derive_orders, touch_day

LONGEST_SILENCE = timedelta(days=400)

TABLES_OF_A_DAY = ("orders", "line", "document", "quarantine", "day_account", "suspect", "left_behind", "ledger")
UNUSED = (
    "DELETE FROM order_ref WHERE order_id NOT IN (SELECT order_id FROM document WHERE order_id IS NOT NULL)",
    "DELETE FROM contractor WHERE contractor_id NOT IN (SELECT contractor_id FROM document)",
    "DELETE FROM address WHERE address_id NOT IN (SELECT address_id FROM document)",
    "DELETE FROM product WHERE product_id NOT IN (SELECT product_id FROM line)",
    """
    DELETE FROM customer WHERE customer_id NOT IN (
        SELECT customer_id FROM document
        UNION SELECT owner_id FROM document
        UNION SELECT customer_id FROM order_ref
        UNION SELECT customer_id FROM forgotten
    )
    """,
    *(
        f"DELETE FROM {table} WHERE customer_id NOT IN (SELECT customer_id FROM customer)"
        for table in ("segment_period", "published_measures", "movement", "changed_document")
    ),
)


def drop_days_before(store: sqlite3.Connection, first_kept: int, gift_below: int) -> int:
    """Delete the days before this one, oldest first, each in a transaction of its own. How many there were."""
    old = [day for (day,) in store.execute("SELECT day FROM ledger WHERE day < ? ORDER BY day", (first_kept,))]
    for day in old:
        with transaction(store):
            begin_derivation(store)
            touch_day(store, day)
            for table in TABLES_OF_A_DAY:
                store.execute(f"DELETE FROM {table} WHERE day = ?", (day,))
            derive_orders(store, gift_below)
    if old:
        with transaction(store):
            store.execute("DELETE FROM sync_change WHERE day < ?", (first_kept,))
            for statement in UNUSED:
                store.execute(statement)
    return len(old)


def is_plausible(store: sqlite3.Connection, moment: datetime) -> bool:
    """Whether a clock that says so can be right: not before the ERP was last read, nor ages after."""
    (newest,) = store.execute("SELECT max(fetched_at) FROM ledger").fetchone()
    return newest is not None and stamp(moment - LONGEST_SILENCE) <= newest <= stamp(moment)
