"""What a day holds, as one fingerprint: a byte that changes on the disk changes it.

The big tables, documents, lines and quarantine, are sealed by day. The others are stored twice, in the table and in an
index with every column, and SQLite's own check compares the two.
"""

import hashlib
import sqlite3

import msgspec

ROWS_OF_A_DAY = (  # owner_id and order_id are derived, and stand in indexes
    """
    SELECT document_id, kind, key, number, order_number, order_day, order_key, base_key, base_link,
           customer_id, contractor_id, site_id, address_id
    FROM document WHERE day = ? ORDER BY document_id
    """,
    """
    SELECT document_id, position, product_id, quantity, amount, verdict
    FROM line WHERE day = ? ORDER BY document_id, position
    """,
    "SELECT position, verdict, field, amount, raw FROM quarantine WHERE day = ? ORDER BY position",
)


def content_of(store: sqlite3.Connection, day: int) -> str:
    """SHA-256 of the rows of a day as they stand in the tables."""
    digest = hashlib.sha256()
    for rows in ROWS_OF_A_DAY:
        digest.update(msgspec.msgpack.encode(store.execute(rows, (day,)).fetchall()))
    return digest.hexdigest()


def seal_content(store: sqlite3.Connection, day: int) -> None:
    """What stands there now is what is meant to stand there. Inside the caller's transaction, on a known day."""
    store.execute("UPDATE ledger SET content = ? WHERE day = ?", (content_of(store, day), day))


def altered_days(store: sqlite3.Connection, since: int) -> list[int]:
    """Known days since this one whose rows are no longer those that were written, oldest first."""
    known = store.execute("SELECT day, content FROM ledger WHERE day >= ? ORDER BY day", (since,)).fetchall()
    return [day for day, content in known if content_of(store, day) != content]
