"""Orders, derived from lines: net of returns and corrections, one row per day, customer and order.

What a change of a day touches is collected in temporary tables: orders, goods (a customer's product), and keys of sales
that returns name. Only that is derived anew.
"""

import sqlite3
from collections.abc import Iterator

from rfm_service.kinds import Kind, Link, Verdict
from rfm_service.netting import GoodsLine, Match, is_gift, match_returns

# CROSS JOIN keeps SQLite to this order of tables: from the few touched rows outward. Left to itself it scans every
# document ever stored, each day anew.

TEMPORARY = (
    "CREATE TEMP TABLE IF NOT EXISTS touched_order (order_id INTEGER PRIMARY KEY)",
    """
    CREATE TEMP TABLE IF NOT EXISTS touched_goods
    (owner_id INTEGER, product_id INTEGER, PRIMARY KEY (owner_id, product_id)) WITHOUT ROWID
    """,
    "CREATE TEMP TABLE IF NOT EXISTS touched_key (key TEXT PRIMARY KEY) WITHOUT ROWID",
)
EMPTY = ("DELETE FROM touched_order", "DELETE FROM touched_goods", "DELETE FROM touched_key")

KINDS, LINKS = {kind.value: kind for kind in Kind}, {link.value: link for link in Link}  # far quicker than Kind(1)

CHANGES_SALES = f"kind IN ({Kind.RETURN:d}, {Kind.CORRECTION:d})"
UNDATED = (
    f"document.{CHANGES_SALES} AND document.order_number <> '' AND document.order_day = -1 AND document.order_key = ''"
)

# A sale matters to the returns that name it, and to those that may infer it: they are not older than it.
TOUCH_DAY = (
    "INSERT OR IGNORE INTO touched_order SELECT order_id FROM document WHERE day = :day AND order_id IS NOT NULL",
    "INSERT OR IGNORE INTO touched_key SELECT base_key FROM document WHERE day = :day AND base_key <> ''",
    f"""
    INSERT OR IGNORE INTO touched_key
    SELECT key FROM document
    WHERE day = :day AND kind = {Kind.SALE:d}
      AND EXISTS (SELECT 1 FROM document AS back WHERE back.base_key <> '' AND back.base_key = document.key)
    """,
    f"""
    INSERT OR IGNORE INTO touched_goods
    SELECT document.owner_id, line.product_id
    FROM document CROSS JOIN line USING (day, document_id)
    WHERE document.day = :day AND EXISTS (
        SELECT 1 FROM document AS back
        WHERE back.owner_id = document.owner_id AND back.{CHANGES_SALES}
          AND (back.day >= document.day OR document.{CHANGES_SALES})
    )
    """,
)

TOUCH_EVERYTHING = (
    "INSERT OR IGNORE INTO touched_order SELECT order_id FROM document WHERE order_id IS NOT NULL",
    "INSERT OR IGNORE INTO touched_key SELECT base_key FROM document WHERE base_key <> ''",
    f"""
    INSERT OR IGNORE INTO touched_goods
    SELECT document.owner_id, line.product_id
    FROM document CROSS JOIN line USING (day, document_id) WHERE document.{CHANGES_SALES}
    """,
)

TOUCH_WHAT_NAMES_THE_TOUCHED = (
    """
    INSERT OR IGNORE INTO touched_goods
    SELECT document.owner_id, line.product_id
    FROM touched_key CROSS JOIN document ON document.base_key <> '' AND document.base_key = touched_key.key
    CROSS JOIN line USING (day, document_id)
    """,
    f"""
    INSERT OR IGNORE INTO touched_goods
    SELECT document.owner_id, line.product_id
    FROM touched_order CROSS JOIN document USING (order_id) CROSS JOIN line USING (day, document_id)
    WHERE document.{CHANGES_SALES}
    """,
    f"""
    INSERT OR IGNORE INTO touched_goods
    SELECT document.owner_id, line.product_id
    FROM touched_order CROSS JOIN order_ref USING (order_id)
    CROSS JOIN document ON document.customer_id = order_ref.customer_id AND document.order_number = order_ref.number
    CROSS JOIN line USING (day, document_id)
    WHERE order_ref.month = 0 AND {UNDATED}
    """,
)

ASSIGN_OWNERS = f"""
UPDATE document SET owner_id = coalesce((
    SELECT sold.customer_id FROM document AS sold
    WHERE sold.key = document.base_key AND sold.kind = {Kind.SALE:d} ORDER BY sold.day DESC, sold.document_id LIMIT 1
), customer_id)
WHERE base_key <> '' AND base_key IN (SELECT key FROM touched_key)
"""

ASSIGN_ORDERS_TO_THE_UNDATED = f"""
UPDATE document SET order_id = coalesce((
    SELECT sold.order_id
    FROM order_ref AS sold
    CROSS JOIN document AS sale ON sale.order_id = sold.order_id
    WHERE sold.customer_id = document.customer_id AND sold.number = document.order_number AND sold.month = 0
      AND sale.kind = {Kind.SALE:d} AND sale.day <= document.day
    ORDER BY sold.year DESC, sold.order_id LIMIT 1
), (
    SELECT own.order_id FROM order_ref AS own
    WHERE own.customer_id = document.customer_id AND own.number = document.order_number AND own.month = 0
      AND own.key = '' AND own.year = CAST(strftime('%Y', document.day * 86400, 'unixepoch') AS INTEGER)
))
WHERE {UNDATED} AND (customer_id, order_number) IN (
    SELECT customer_id, number FROM touched_order CROSS JOIN order_ref USING (order_id) WHERE month = 0
)
"""

TOUCH_ORDERS_OF_OLD_MATCHES = """
INSERT OR IGNORE INTO touched_order
SELECT return_match.order_id FROM touched_goods CROSS JOIN return_match USING (owner_id, product_id)
"""
FORGET_OLD_MATCHES = """
DELETE FROM return_match WHERE (owner_id, product_id) IN (SELECT owner_id, product_id FROM touched_goods)
"""

LEAVE_GOODS_THAT_CAME_BACK = f"""
DELETE FROM touched_goods
WHERE (owner_id, product_id) NOT IN (
    SELECT document.owner_id, line.product_id
    FROM (SELECT DISTINCT owner_id FROM touched_goods)
    CROSS JOIN document USING (owner_id)
    CROSS JOIN line USING (day, document_id)
    WHERE document.{CHANGES_SALES} AND line.verdict = {Verdict.ACCEPTED:d}
)
"""

LINES_OF_GOODS = f"""
SELECT document.owner_id, line.product_id, document.kind, line.day, line.document_id, line.position,
       line.quantity, line.amount, line.verdict, document.order_id, document.key, document.base_key, document.base_link,
       document.base_key <> '' AND EXISTS (
           SELECT 1 FROM document AS sold WHERE sold.key = document.base_key AND sold.kind = {Kind.SALE:d}
       ),
       document.{CHANGES_SALES} AND EXISTS (
           SELECT 1 FROM document AS sold WHERE sold.order_id = document.order_id AND sold.kind = {Kind.SALE:d}
       )
FROM (SELECT DISTINCT owner_id FROM touched_goods)
CROSS JOIN document USING (owner_id)
CROSS JOIN line USING (day, document_id)
WHERE (document.owner_id, line.product_id) IN (SELECT owner_id, product_id FROM touched_goods)
  AND (
      (document.kind = {Kind.SALE:d} AND line.verdict IN ({Verdict.ACCEPTED:d}, {Verdict.GIFT:d}))
      OR (document.{CHANGES_SALES} AND line.verdict = {Verdict.ACCEPTED:d})
  )
ORDER BY document.owner_id, line.product_id, line.day, line.position
"""

DERIVE_ORDERS = f"""
INSERT OR REPLACE INTO orders
SELECT document.day, document.customer_id, document.order_id,
       sum(line.amount - coalesce(back.amount, 0)),
       count(DISTINCT CASE WHEN line.quantity > coalesce(back.quantity, 0) THEN line.product_id END),
       CASE WHEN sum(line.quantity) > 0 THEN sum(line.quantity) > coalesce(sum(back.quantity), 0)
            ELSE sum(line.amount) > coalesce(sum(back.amount), 0) END
FROM touched_order
CROSS JOIN document USING (order_id)
CROSS JOIN line USING (day, document_id)
LEFT JOIN (
    SELECT sale_document_id, sale_position, sum(quantity) AS quantity, sum(amount) AS amount
    FROM touched_order CROSS JOIN return_match USING (order_id)
    GROUP BY sale_document_id, sale_position
) AS back ON back.sale_document_id = line.document_id AND back.sale_position = line.position
WHERE document.kind = {Kind.SALE:d} AND line.verdict = {Verdict.ACCEPTED:d}
GROUP BY document.order_id, document.day, document.customer_id
"""


def begin_derivation(store: sqlite3.Connection) -> None:
    """Nothing is touched yet. Inside the caller's transaction, like everything here."""
    _execute(store, (*TEMPORARY, *EMPTY))


def touch_day(store: sqlite3.Connection, day: int) -> None:
    """Derive anew what the documents of a day have a hand in: call it before and after the day is replaced."""
    for statement in TOUCH_DAY:
        store.execute(statement, {"day": day})


def derive_orders(store: sqlite3.Connection, gift_below: int) -> None:
    """Derive what was touched: owners and orders of returns, matches, orders.

    Rows of `orders` whose documents are gone must be gone already. gift_below is kopecks.
    """
    _execute(store, TOUCH_WHAT_NAMES_THE_TOUCHED)
    _execute(store, (ASSIGN_OWNERS, ASSIGN_ORDERS_TO_THE_UNDATED))
    _execute(store, TOUCH_WHAT_NAMES_THE_TOUCHED)
    _execute(store, (TOUCH_ORDERS_OF_OLD_MATCHES, FORGET_OLD_MATCHES, LEAVE_GOODS_THAT_CAME_BACK))
    matches = list(match_returns(_lines_of_goods(store, gift_below)))
    store.executemany(f"INSERT INTO return_match VALUES ({', '.join('?' * len(Match._fields))})", matches)
    store.executemany("INSERT OR IGNORE INTO touched_order VALUES (?)", {(match.order_id,) for match in matches})
    store.execute(DERIVE_ORDERS)


def rebuild_orders(store: sqlite3.Connection, gift_below: int) -> None:
    """Derive everything from scratch. Gives the same tables as deriving day by day. Inside the caller's transaction."""
    _execute(store, ("DELETE FROM orders", "DELETE FROM return_match"))
    begin_derivation(store)
    _execute(store, TOUCH_EVERYTHING)
    derive_orders(store, gift_below)


def _lines_of_goods(store: sqlite3.Connection, gift_below: int) -> Iterator[GoodsLine]:
    for owner, product, kind, day, document, position, quantity, amount, verdict, *names in store.execute(
        LINES_OF_GOODS
    ):
        order, key, base_key, base_link, base_known, order_known = names
        gift = is_gift(kind, amount, verdict, gift_below)
        yield GoodsLine(
            owner,
            product,
            KINDS[kind],
            day,
            document,
            position,
            quantity,
            amount,
            gift,
            order,
            key,
            base_key,
            LINKS[base_link],
            bool(base_known),
            bool(order_known),
        )


def _execute(store: sqlite3.Connection, statements: tuple[str, ...]) -> None:
    for statement in statements:
        store.execute(statement)
