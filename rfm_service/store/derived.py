"""What is derived stands twice, in a table and in an index: whether the two agree on the days since one."""

import sqlite3
from itertools import zip_longest

ORDERS = """
SELECT day, customer_id, order_id, amount, items, purchase FROM orders INDEXED BY {index}
WHERE day >= :since ORDER BY day, customer_id, order_id
"""
OWN_ORDERS, ORDERS_TWICE = (ORDERS.format(index=index) for index in ("sqlite_autoindex_orders_1", "orders_twice"))
OWN_MATCHES = """
SELECT * FROM return_match INDEXED BY return_match_by_sale_day WHERE sale_day >= :since
UNION
SELECT * FROM return_match INDEXED BY return_match_by_return_day WHERE return_day >= :since
"""
MATCHES_TWICE = """
SELECT * FROM return_match INDEXED BY return_match_twice WHERE sale_day >= :since OR return_day >= :since
"""
ALTERED_DOCUMENTS = """
SELECT 1 FROM document AS own
WHERE day >= :since AND NOT (
    EXISTS (
        SELECT 1 FROM document AS twice INDEXED BY document_by_order
        WHERE twice.order_id IS own.order_id AND twice.document_id = own.document_id
    ) AND EXISTS (
        SELECT 1 FROM document AS twice INDEXED BY document_by_owner
        WHERE twice.owner_id = own.owner_id AND twice.kind = own.kind AND twice.document_id = own.document_id
    )
)
LIMIT 1
"""
"""Owner and order of a document, which no seal of a day holds."""


def altered_since(store: sqlite3.Connection, day: int) -> list[str]:
    """Which tables and indexes disagree on these days: none in a sound store."""
    since = {"since": day}
    rows = {sql: store.execute(sql, since) for sql in (OWN_ORDERS, ORDERS_TWICE, OWN_MATCHES, MATCHES_TWICE)}
    found = {
        "orders": any(own != twice for own, twice in zip_longest(rows[OWN_ORDERS], rows[ORDERS_TWICE])),
        "return_match": set(rows[OWN_MATCHES]) != set(rows[MATCHES_TWICE]),
        "document": store.execute(ALTERED_DOCUMENTS, since).fetchone(),
    }
    return [f"{table} and its index differ" for table, differ in found.items() if differ]
