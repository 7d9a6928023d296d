"""Days of sales: replaced whole in one transaction, read back whole."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from rfm_service.clock import date_of, stamp
from rfm_service.kinds import Kind, Link, Verdict
from rfm_service.records import Buyer, Change, CleanDay, DayAnswer, Header, Refused, SaleLine
from rfm_service.store.changes import change_of, documents_of
from rfm_service.store.connection import transaction
from rfm_service.store.contents import content_of
from rfm_service.store.forgetting import Marks, without_forgotten
from rfm_service.store.ledger import settle
from rfm_service.store.orders import begin_derivation, derive_orders, touch_day

READ_LINES = """
SELECT document.document_id, document.kind, document.number, document.day, document.order_number, document.order_day,
       customer.name, contractor.name, document.site_id, address.text,
       document.key, document.order_key, iif(customer.key = customer.name, '', customer.key), document.base_key,
       document.base_link, product.name, product.feature, line.quantity, line.amount,
       iif(product.key = product.name, '', product.key), iif(product.key = product.name, '', product.feature_key),
       product.product_category
FROM line
JOIN document USING (document_id)
JOIN customer USING (customer_id)
JOIN contractor USING (contractor_id)
JOIN address USING (address_id)
JOIN product USING (product_id)
WHERE line.day = ?
ORDER BY line.position
"""

ADD_ORDER = "INSERT OR IGNORE INTO order_ref (customer_id, number, year, month, key) VALUES (?, ?, ?, ?, ?)"
ADD_DOCUMENT = """
INSERT INTO document
VALUES (:document_id, :day, :kind, :key, :number, (
    SELECT order_id FROM order_ref
    WHERE (customer_id, number, year, month, key) = (:customer_id, :order, :year, :month, :own_key)
), :order_number, :order_day, :order_key, :base_key, :base_link, :customer_id, :customer_id, :contractor_id, :site_id,
:address_id)
"""
ADD_LEFT_BEHIND = """
INSERT OR REPLACE INTO left_behind
SELECT DISTINCT other.day, other.key
FROM document AS moved CROSS JOIN document AS other USING (key)
WHERE moved.day = ? AND moved.key <> '' AND other.day <> moved.day
  AND NOT EXISTS (SELECT 1 FROM ledger WHERE ledger.day IN (moved.day, other.day) AND origin <> '')
  AND moved.key NOT IN (SELECT value FROM json_each(?))
RETURNING day
"""
SIZE_LEFT_BEHIND = """
SELECT count(*), coalesce(sum(line.amount), 0)
FROM left_behind
CROSS JOIN document USING (day, key)
CROSS JOIN line USING (day, document_id)
WHERE left_behind.day = ?
"""
BUYERS_BETWEEN = """
SELECT key FROM (SELECT DISTINCT customer_id FROM orders WHERE day BETWEEN ? AND ?)
CROSS JOIN customer USING (customer_id)
WHERE customer_id NOT IN (SELECT customer_id FROM forgotten)
ORDER BY customer_id
"""
UPDATE_CARD = """
UPDATE customer SET (name, email, category, manager) = (:name, :email, :category, :manager)
WHERE key = :key AND (name, email, category, manager) <> (:name, :email, :category, :manager)
"""


class _Keys(dict[tuple[str, ...], int]):
    """Integer keys of the rows of a table that texts stand in: the first `keyed` texts say which row it is.

    A row is looked up when its texts are first asked for; a new one is written then, and so are new names. A text that
    is empty now and was known before stays.
    """

    def __init__(self, store: sqlite3.Connection, table: str, columns: tuple[str, ...], keyed: int) -> None:
        super().__init__()
        self._store = store
        self._keyed = keyed
        names, own = ", ".join(columns), ", ".join(columns[:keyed])
        self._find = f"SELECT {table}_id, {names} FROM {table} WHERE ({own}) = ({', '.join('?' * keyed)})"
        self._insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))}) RETURNING {table}_id"
        self._rename = f"UPDATE {table} SET ({names}) = ({', '.join('?' * len(columns))}) WHERE {table}_id = ?"

    def __missing__(self, texts: tuple[str, ...]) -> int:
        key, *written = self._store.execute(self._find, texts[: self._keyed]).fetchone() or (None,)
        if key is None:
            ((key,),) = self._store.execute(self._insert, texts).fetchall()
        elif (renamed := [new or old for new, old in zip(texts, written, strict=True)]) != written:
            self._store.execute(self._rename, (*renamed, key))
        self[texts] = key
        return int(key)


class Replaced(NamedTuple):
    """How a known day came to differ, if a document does; and the days that documents seem to have left."""

    change: Change | None
    left_behind: set[int]


class SalesWriter:
    """Writes days. It remembers the keys of known texts, so make one per step, and drop it after an error."""

    def __init__(self, store: sqlite3.Connection, gift_below: int) -> None:
        self._store = store
        self._gift_below = gift_below
        self._marks = Marks(store)
        self._customers = _Keys(store, "customer", ("key", "name"), keyed=1)
        of_product = ("key", "feature_key", "name", "feature", "product_category")
        self._products = _Keys(store, "product", of_product, keyed=2)
        self._contractors = _Keys(store, "contractor", ("name",), keyed=1)
        self._addresses = _Keys(store, "address", ("text",), keyed=1)

    def replace_day(
        self, clean: CleanDay, moment: datetime, *, sealed: bool = True, fetched_at: str = "", origin: str = ""
    ) -> Replaced:
        """Put this day in the place of what was stored of it: lines, accounts, orders, ledger, in one transaction.

        Nothing is held any more against a day that is sealed. Days that still hold documents which are new on this one
        are no longer sealed, if both are the ERP's. `fetched_at` is `moment` unless given; `origin` names the files
        that the day was imported from.
        """
        clean = without_forgotten(clean, self._marks)
        day = clean.answer.day
        with transaction(self._store) as store:
            before = read_day(store, day)
            begin_derivation(store)
            touch_day(store, day)
            self._forget(day)
            self._write_lines(clean)
            self._write_quarantine(day, clean.answer.refused)
            touch_day(store, day)
            derive_orders(store, self._gift_below)
            self._write_ledger(clean, fetched_at or stamp(moment), stamp(moment), sealed, origin)
            if sealed:
                settle(store, day)
            left_behind = self._mark_left_behind(day, list(documents_of(before)) if before else [])
            change = self._note(before, clean.answer, stamp(moment)) if before else None
        return Replaced(change, left_behind)

    def _forget(self, day: int) -> None:
        for table in ("orders", "line", "document", "quarantine", "day_account"):
            self._store.execute(f"DELETE FROM {table} WHERE day = ?", (day,))

    def _mark_left_behind(self, day: int, old_keys: list[str]) -> set[int]:
        days = {other for (other,) in self._store.execute(ADD_LEFT_BEHIND, (day, json.dumps(old_keys))).fetchall()}
        self._store.executemany("UPDATE ledger SET sealed = 0 WHERE day = ?", [(other,) for other in days])
        return days

    def _write_lines(self, clean: CleanDay) -> None:
        day, lines, products = clean.answer.day, clean.answer.lines, self._products
        documents = self._write_documents(lines)
        self._store.executemany(
            "INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    day,
                    documents[id(line.header)],
                    position,
                    products[
                        line.product_key or line.product,
                        line.feature_key if line.product_key else line.feature,
                        line.product,
                        line.feature,
                        line.product_category,
                    ],
                    line.quantity,
                    line.amount,
                    verdict,
                )
                for position, (line, verdict) in enumerate(zip(lines, clean.verdicts, strict=True))
            ],
        )

    def _write_documents(self, lines: list[SaleLine]) -> dict[int, int]:
        headers = {id(line.header): line.header for line in lines}
        (last,) = self._store.execute("SELECT coalesce(max(document_id), 0) FROM document").fetchone()
        documents = dict(zip(headers, range(last + 1, last + 1 + len(headers)), strict=True))
        rows = [self._document(documents[key], header) for key, header in headers.items()]
        self._store.executemany(
            ADD_ORDER,
            [
                (row["customer_id"], row["order"], row["year"], row["month"], row["own_key"])
                for row in rows
                if row["order"] is not None
            ],
        )
        self._store.executemany(ADD_DOCUMENT, rows)
        return documents

    def _document(self, document_id: int, header: Header) -> dict[str, int | str | None]:
        order, year, month, own_key = _order_of(header)
        return {
            "document_id": document_id,
            "day": header.day,
            "kind": header.kind,
            "key": header.key,
            "number": header.number,
            "order_number": header.order_number,
            "order_day": header.order_day,
            "order_key": header.order_key,
            "base_key": header.base_key,
            "base_link": header.base_link,
            "customer_id": self._customers[header.buyer_key or header.buyer, header.buyer],
            "contractor_id": self._contractors[header.contractor,],
            "site_id": header.site_id,
            "address_id": self._addresses[header.address,],
            "order": order,
            "year": year,
            "month": month,
            "own_key": own_key,
        }

    def _write_quarantine(self, day: int, refused: list[Refused]) -> None:
        self._store.executemany(
            "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?)",
            ((day, position, line.verdict, line.field, line.amount, line.raw) for position, line in enumerate(refused)),
        )

    def _write_ledger(self, clean: CleanDay, fetched_at: str, changed_at: str, sealed: bool, origin: str) -> None:
        answer = clean.answer
        self._store.execute(
            "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                answer.day,
                sealed,
                answer.received,
                answer.amount,
                answer.sha256,
                clean.rules,
                fetched_at,
                changed_at,
                content_of(self._store, answer.day),
                origin,
            ),
        )
        self._store.executemany(
            "INSERT INTO day_account VALUES (?, ?, ?, ?, ?)",
            ((answer.day, row.kind, row.verdict, row.lines, row.amount) for row in clean.accounts),
        )

    def _note(self, before: DayAnswer, after: DayAnswer, moment: str) -> Change | None:
        found = change_of(after.day, before, after)
        if not found:
            return None
        change, documents = found
        self._store.execute(
            "INSERT OR REPLACE INTO sync_change VALUES (?, ?, ?, ?, ?, ?, ?)",
            (moment, *msgspec.structs.astuple(change)),
        )
        self._store.executemany(
            "INSERT OR REPLACE INTO changed_document VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    moment,
                    change.day,
                    key,
                    header.kind,
                    header.number,
                    self._customers[header.buyer_key or header.buyer, header.buyer],
                    amount_before,
                    amount_after,
                )
                for key, header, amount_before, amount_after in documents
            ],
        )
        return change


def read_day(store: sqlite3.Connection, day: int) -> DayAnswer | None:
    """A stored day as the source delivered it; None when it was never read."""
    known = store.execute("SELECT sha256 FROM ledger WHERE day = ?", (day,)).fetchone()
    if not known:
        return None
    headers: dict[int, Header] = {}
    lines = []
    for (
        document_id,
        kind,
        *common,
        base_link,
        product,
        feature,
        quantity,
        amount,
        key,
        feature_key,
        category,
    ) in store.execute(READ_LINES, (day,)):
        if document_id not in headers:
            headers[document_id] = Header(Kind(kind), *(*common, Link(base_link)))
        lines.append(SaleLine(headers[document_id], product, feature, quantity, amount, key, feature_key, category))
    refused = [
        Refused(Verdict(verdict), field, amount, raw)
        for verdict, field, amount, raw in store.execute(
            "SELECT verdict, field, amount, raw FROM quarantine WHERE day = ? ORDER BY position", (day,)
        )
    ]
    return DayAnswer(day, lines, refused, known[0])


def size_left_behind(store: sqlite3.Connection, day: int) -> tuple[int, int]:
    """Lines and kopecks of the documents of a day that have turned up on another one since it was read."""
    lines, amount = store.execute(SIZE_LEFT_BEHIND, (day,)).fetchone()
    return lines, amount


def customer_keys(store: sqlite3.Connection, first: int, last: int) -> list[str]:
    """The keys of everybody who has orders between two days, both included, and was not erased."""
    rows = store.execute(BUYERS_BETWEEN, (first, last))
    return [key for (key,) in rows]


def update_buyers(store: sqlite3.Connection, buyers: Iterable[Buyer]) -> None:
    """Put name, e-mail, category and manager on the cards of customers that have bought; others are left out."""
    with transaction(store):
        store.executemany(
            UPDATE_CARD, [msgspec.structs.asdict(buyer) | {"key": buyer.key or buyer.name} for buyer in buyers]
        )


def _order_of(header: Header) -> tuple[str, int, int, str] | tuple[None, None, None, None]:
    """Number, year, month and key. A sale without an order is its own; anything else without one belongs to none."""
    if header.order_number or header.order_key:
        date = date_of(header.order_day if header.order_day >= 0 else header.day)
        return header.order_number, date.year, 0, header.order_key
    if header.kind is not Kind.SALE:
        return None, None, None, None
    date = date_of(header.day)
    return header.number, date.year, date.month, header.key
