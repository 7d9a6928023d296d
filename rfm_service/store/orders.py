"""Orders, derived from lines: net of returns, one row per day, customer and order."""

import sqlite3
from collections.abc import Iterable

from rfm_service.records import Kind, Verdict
from rfm_service.store.netting import OrderLine, is_gift, match_returns

# CROSS JOIN keeps SQLite to this order of tables: from the few touched orders outward. Left to itself it scans every
# document ever stored, each day anew.

ORDERS_OF_A_DAY = "SELECT DISTINCT order_id FROM document WHERE day = ? AND order_id IS NOT NULL"

LINES_OF_RETURNED_ORDERS = f"""
SELECT document.order_id, line.product_id, document.kind, line.day, line.document_id, line.position,
       line.quantity, line.amount, line.verdict
FROM touched
CROSS JOIN document USING (order_id)
CROSS JOIN line USING (day, document_id)
WHERE document.order_id IN (
    SELECT order_id FROM touched CROSS JOIN document USING (order_id) WHERE kind = {Kind.RETURN:d}
)
  AND (line.verdict = {Verdict.ACCEPTED:d} OR (line.verdict = {Verdict.GIFT:d} AND document.kind = {Kind.SALE:d}))
ORDER BY document.order_id, line.product_id, line.day, line.document_id, line.position
"""

DERIVE_ORDERS = f"""
INSERT OR REPLACE INTO orders
SELECT document.day, document.customer_id, document.order_id,
       sum(line.amount - coalesce(back.amount, 0)),
       count(DISTINCT CASE WHEN line.quantity > coalesce(back.quantity, 0) THEN line.product_id END),
       CASE WHEN sum(line.quantity) > 0 THEN sum(line.quantity) > coalesce(sum(back.quantity), 0)
            ELSE sum(line.amount) > 0 END
FROM touched
CROSS JOIN document USING (order_id)
CROSS JOIN line USING (day, document_id)
LEFT JOIN (
    SELECT sale_document_id, sale_position, sum(quantity) AS quantity, sum(amount) AS amount
    FROM touched CROSS JOIN return_match USING (order_id)
    GROUP BY sale_document_id, sale_position
) AS back ON back.sale_document_id = line.document_id AND back.sale_position = line.position
WHERE document.kind = {Kind.SALE:d} AND line.verdict = {Verdict.ACCEPTED:d}
GROUP BY document.order_id, document.day, document.customer_id
"""


def orders_of(store: sqlite3.Connection, day: int) -> set[int]:
    """The orders that have a document on a day."""
    return {order_id for (order_id,) in store.execute(ORDERS_OF_A_DAY, (day,))}


def derive_orders(store: sqlite3.Connection, touched: Iterable[int], gift_below: int) -> None:
    """Derive the rows of these orders anew, netting included. Inside the caller's transaction.

    Rows of a day whose documents are gone must be gone already; gift_below is in kopecks.
    """
    store.execute("CREATE TEMP TABLE IF NOT EXISTS touched (order_id INTEGER PRIMARY KEY)")
    store.execute("DELETE FROM touched")
    store.executemany("INSERT INTO touched VALUES (?)", ((order_id,) for order_id in sorted(touched)))
    store.execute("DELETE FROM return_match WHERE order_id IN (SELECT order_id FROM touched)")
    store.executemany("INSERT INTO return_match VALUES (?,?,?,?,?,?,?,?,?)", _matches(store, gift_below))
    store.execute(DERIVE_ORDERS)


def rebuild_orders(store: sqlite3.Connection, gift_below: int) -> None:
    """Derive everything from scratch. Gives the same tables as deriving day by day. Inside the caller's transaction."""
    store.execute("DELETE FROM orders")
    store.execute("DELETE FROM return_match")
    every = store.execute("SELECT DISTINCT order_id FROM document WHERE order_id IS NOT NULL").fetchall()
    derive_orders(store, (order_id for (order_id,) in every), gift_below)


def _matches(store: sqlite3.Connection, gift_below: int) -> list[tuple[int, ...]]:
    lines = [
        OrderLine(
            order,
            product,
            Kind(kind),
            day,
            document,
            position,
            quantity,
            amount,
            is_gift(kind, amount, verdict, gift_below),
        )
        for order, product, kind, day, document, position, quantity, amount, verdict in store.execute(
            LINES_OF_RETURNED_ORDERS
        )
    ]
    return list(match_returns(lines))
