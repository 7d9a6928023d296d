"""Days of sales: replaced whole in one transaction, read back whole."""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from rfm_service.clock import date_of, stamp
from rfm_service.records import Buyer, CleanDay, DayAnswer, Header, Kind, Refused, SaleLine, Verdict
from rfm_service.store.connection import transaction
from rfm_service.store.orders import derive_orders, orders_of

READ_LINES = """
SELECT document.document_id, document.kind, document.number, document.day, document.order_number, document.order_day,
       customer.name, contractor.name, document.site_id, address.text,
       product.name, product.feature, line.quantity, line.amount
FROM line
JOIN document USING (document_id)
JOIN customer USING (customer_id)
JOIN contractor USING (contractor_id)
JOIN address USING (address_id)
JOIN product USING (product_id)
WHERE line.day = ?
ORDER BY line.position
"""

ADD_ORDER = "INSERT OR IGNORE INTO order_ref (customer_id, number, year, month) VALUES (?, ?, ?, ?)"
ADD_DOCUMENT = """
INSERT INTO document
SELECT ?, ?, ?, ?, (
    SELECT order_id FROM order_ref WHERE (customer_id, number, year, month) = (?, ?, ?, ?)
), ?, ?, ?, ?, ?, ?
"""


_OrderKey = tuple[int, str, int, int] | tuple[None, None, None, None]
NO_ORDER: _OrderKey = (None, None, None, None)


class _Keys(dict[tuple[str, ...], int]):
    """Integer keys of a table's texts: the known ones in memory, a new one is written when first asked for."""

    def __init__(self, store: sqlite3.Connection, table: str, *columns: str) -> None:
        names = ", ".join((f"{table}_id", *columns))
        super().__init__((tuple(texts), key) for key, *texts in store.execute(f"SELECT {names} FROM {table}"))
        self._store = store
        self._insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * (len(columns) + 1))})"
        self._last = max(self.values(), default=0)

    def __missing__(self, texts: tuple[str, ...]) -> int:
        self._last += 1
        self._store.execute(self._insert, (self._last, *texts))
        self[texts] = self._last
        return self._last


class SalesWriter:
    """Writes days. It remembers the keys of known texts, so make one per step, and drop it after an error."""

    def __init__(self, store: sqlite3.Connection, gift_below: int) -> None:
        self._store = store
        self._gift_below = gift_below
        self._customers = _Keys(store, "customer", "name")
        self._products = _Keys(store, "product", "name", "feature")
        self._contractors = _Keys(store, "contractor", "name")
        self._addresses = _Keys(store, "address", "text")

    def replace_day(self, clean: CleanDay, moment: datetime) -> None:
        """Put this day in the place of what was stored of it: lines, accounts, orders, ledger, in one transaction."""
        day = clean.answer.day
        with transaction(self._store) as store:
            touched = orders_of(store, day)
            self._forget(day)
            self._write_lines(clean)
            self._write_quarantine(day, clean.answer.refused)
            touched |= orders_of(store, day)
            derive_orders(store, touched, self._gift_below)
            self._write_ledger(clean, stamp(moment))

    def _forget(self, day: int) -> None:
        for table in ("orders", "line", "document", "quarantine", "day_account"):
            self._store.execute(f"DELETE FROM {table} WHERE day = ?", (day,))

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
                    products[line.product, line.feature],
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
        orders = [self._order_of(header) for header in headers.values()]
        self._store.executemany(ADD_ORDER, (order for order in orders if order != NO_ORDER))
        self._store.executemany(
            ADD_DOCUMENT,
            [
                self._document(documents[key], header, order)
                for (key, header), order in zip(headers.items(), orders, strict=True)
            ],
        )
        return documents

    def _document(self, document_id: int, header: Header, order: _OrderKey) -> tuple[int | str | None, ...]:
        return (
            document_id,
            header.day,
            header.kind,
            header.number,
            *order,
            header.order_number,
            header.order_day,
            self._customers[header.buyer,],
            self._contractors[header.contractor,],
            header.site_id,
            self._addresses[header.address,],
        )

    def _order_of(self, header: Header) -> _OrderKey:
        """Customer, number, year, month. A sale without an order is its own, a return without one belongs to none."""
        customer_id = self._customers[header.buyer,]
        if header.order_number:
            date = date_of(header.order_day if header.order_day >= 0 else header.day)
            return customer_id, header.order_number, date.year, 0
        if header.kind == Kind.RETURN:
            return NO_ORDER
        date = date_of(header.day)
        return customer_id, header.number, date.year, date.month

    def _write_quarantine(self, day: int, refused: list[Refused]) -> None:
        self._store.executemany(
            "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?)",
            ((day, position, line.verdict, line.field, line.amount, line.raw) for position, line in enumerate(refused)),
        )

    def _write_ledger(self, clean: CleanDay, moment: str) -> None:
        answer = clean.answer
        lines = sum(account.lines for account in clean.accounts)
        amount = sum(account.amount for account in clean.accounts)
        self._store.execute(
            "INSERT OR REPLACE INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?)",
            (answer.day, lines, amount, answer.sha256, clean.rules, moment, moment),
        )
        self._store.executemany(
            "INSERT INTO day_account VALUES (?, ?, ?, ?, ?)",
            ((answer.day, row.kind, row.verdict, row.lines, row.amount) for row in clean.accounts),
        )


def read_day(store: sqlite3.Connection, day: int) -> DayAnswer:
    """A stored day as the source delivered it. The day must be in the ledger."""
    headers: dict[int, Header] = {}
    lines = []
    for document_id, kind, *common, product, feature, quantity, amount in store.execute(READ_LINES, (day,)):
        if document_id not in headers:
            headers[document_id] = Header(Kind(kind), *common)
        lines.append(SaleLine(headers[document_id], product, feature, quantity, amount))
    refused = [
        Refused(Verdict(verdict), field, amount, raw)
        for verdict, field, amount, raw in store.execute(
            "SELECT verdict, field, amount, raw FROM quarantine WHERE day = ? ORDER BY position", (day,)
        )
    ]
    (sha256,) = store.execute("SELECT sha256 FROM ledger WHERE day = ?", (day,)).fetchone()
    return DayAnswer(day, lines, refused, sha256)


def update_buyers(store: sqlite3.Connection, buyers: Iterable[Buyer]) -> None:
    """Put e-mail and category on the cards of customers that have bought; others are left out."""
    with transaction(store):
        store.executemany(
            "UPDATE customer SET email = ?, category = ? WHERE name = ?",
            ((buyer.email, buyer.category, buyer.name) for buyer in buyers),
        )
