"""Orders, derived from lines: net of returns, one row per day, customer and order."""

import sqlite3
from collections.abc import Iterable

from rfm_service.records import Kind, Verdict
from rfm_service.store.netting import OrderLine, is_gift, match_returns

# CROSS JOIN keeps SQLite to this order of tables: from the few touched orders outward. Left to itself it scans every
# document ever stored, each day anew.

ORDERS_OF_A_DAY = "SELECT DISTINCT order_id FROM document WHERE day = ? AND order_id IS NOT NULL"

UNDATED = "document.kind = 2 AND document.order_number <> '' AND document.order_day = -1"

TOUCH_SIBLINGS = f"""
INSERT OR IGNORE INTO touched
SELECT sibling.order_id
FROM touched
CROSS JOIN order_ref USING (order_id)
CROSS JOIN document
  ON document.customer_id = order_ref.customer_id AND document.order_number = order_ref.number AND {UNDATED}
CROSS JOIN order_ref AS sibling
  ON sibling.customer_id = order_ref.customer_id AND sibling.number = order_ref.number AND sibling.month = 0
WHERE order_ref.month = 0
"""

ASSIGN_UNDATED_RETURNS = f"""
UPDATE document SET order_id = coalesce((
    SELECT sold.order_id
    FROM order_ref AS sold
    CROSS JOIN document AS sale ON sale.order_id = sold.order_id
    WHERE sold.customer_id = document.customer_id AND sold.number = document.order_number AND sold.month = 0
      AND sale.kind = {Kind.SALE:d} AND sale.day <= document.day
    ORDER BY sold.year DESC LIMIT 1
), order_id)
WHERE {UNDATED} AND (customer_id, order_number) IN (
    SELECT customer_id, number FROM touched CROSS JOIN order_ref USING (order_id) WHERE month = 0
)
"""

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

    A return that gives its order without a date goes to the latest order of its number that was sold by then; so orders
    that share a number with a touched one are touched too. Rows of a day whose documents are gone must be gone
    already. gift_below is kopecks.
    """
    store.execute("CREATE TEMP TABLE IF NOT EXISTS touched (order_id INTEGER PRIMARY KEY)")
    store.execute("DELETE FROM touched")
    store.executemany("INSERT INTO touched VALUES (?)", ((order_id,) for order_id in sorted(touched)))
    store.execute(TOUCH_SIBLINGS)
    store.execute(ASSIGN_UNDATED_RETURNS)
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
