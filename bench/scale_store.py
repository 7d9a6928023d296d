"""The days of a big shop written straight into a store, in bulk: everything as the service would have left it."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from bench.scale_shop import (
    PRODUCTS,
    Ints,
    Returns,
    Sales,
    Shop,
    address_of,
    card_of,
    contractor_of,
    document_key,
    product_of,
)
from rfm_service.cleaning.verdicts import Rules
from rfm_service.clock import date_of, stamp
from rfm_service.kinds import Kind, Link, Verdict
from rfm_service.sources.lines import LineReader
from rfm_service.store.connection import opened

MOMENT = stamp(datetime(2026, 1, 1, tzinfo=UTC))
IN_BULK = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA cache_size = -2097152",
    "PRAGMA temp_store = FILE",
    "PRAGMA foreign_keys = OFF",
)
OWN_INDEXES = """
SELECT name, sql FROM sqlite_schema
WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('document', 'return_match', 'orders')
"""

Row = tuple[Any, ...]


class Told(NamedTuple):
    """How the ERP's answers are read and cleaned."""

    reader: LineReader
    rules: Rules


def write_store(path: Path, shop: Shop, days: range, told: Told, certain_since: int) -> None:
    """A store that holds these days of the shop.

    Days since `certain_since` have the fingerprint of what the ERP says of them, so that reading them again confirms
    them; older ones are never asked for.
    """
    with opened(path) as store:
        for pragma in IN_BULK:
            store.execute(pragma)
        indexes = store.execute(OWN_INDEXES).fetchall()
        for name, _ in indexes:
            store.execute(f"DROP INDEX {name}")
        writer = _Writer(store, shop, days, told, certain_since)
        for day in days:
            store.execute("BEGIN")
            writer.write_day(day)
            store.execute("COMMIT")
        store.execute("BEGIN")
        writer.write_matches()
        writer.write_texts()
        for _, sql in indexes:
            store.execute(sql)
        store.execute("COMMIT")


class _Writer:
    def __init__(self, store: sqlite3.Connection, shop: Shop, days: range, told: Told, certain_since: int) -> None:
        self._store = store
        self._shop = shop
        self._days = days
        self._told = told
        self._certain_since = certain_since
        self._buyers = np.zeros(shop.customers, bool)
        self._older_orders: set[int] = set()
        self._matches: list[Ints] = []

    def write_day(self, day: int) -> None:
        """Lines, documents, orders, accounts and the ledger's row."""
        sold, returned = self._shop.sales(day), self._shop.returns(day)
        self._buyers[sold.customer] = self._buyers[returned.customer] = True
        documents = list(self._documents(day, sold, returned))
        lines = self._lines(day, sold, returned)
        self._write("order_ref", self._order_refs(day, sold, returned))
        self._write("document", documents)
        self._write("line", [(day, *line) for line in lines])
        self._write("orders", self._orders(day, sold))
        self._write_ledger(day, documents, lines, len(sold.document))
        self._matches.append(self._matches_of(day, returned, len(sold.customer), len(sold.document)))

    def write_matches(self) -> None:
        """Which sale each return is about, in the order of the table's key."""
        matches = np.concatenate(self._matches)
        in_order = np.lexsort([matches[:, column] for column in (8, 7, 5, 4, 1, 0)])
        self._write("return_match", matches[in_order].tolist())

    def write_texts(self) -> None:
        """Customers, contractors, addresses and products that have documents."""
        buyers = np.flatnonzero(self._buyers).tolist()
        cards = map(card_of, buyers)
        self._write(
            "customer",
            [
                (buyer + 1, card.name, card.name, card.email, "", card.manager)
                for buyer, card in zip(buyers, cards, strict=True)
            ],
        )
        self._write("contractor", [(buyer + 1, contractor_of(buyer)) for buyer in buyers])
        self._write(
            "address", [(buyer // 2 + 1, address_of(buyer)) for buyer in buyers if _speaks(buyer, self._buyers)]
        )
        names = [(product + 1, product_of(product)) for product in range(PRODUCTS)]
        self._write("product", [(key, name, "", name, "", "") for key, name in names])

    def _order_refs(self, day: int, sold: Sales, returned: Returns) -> Iterator[Row]:
        """Orders that begin on this day, or have begun before the store does."""
        own = self._shop.document_id(sold.order_day, sold.order)
        old = [(sold.order_day, own, sold.customer), (returned.sale_day, returned.order, returned.customer)]
        found: dict[int, Row] = {}
        for order_day, order, customer in old:
            new = (order_day == day) | (order_day < self._days[0])
            found |= {
                key: (key, buyer + 1, str(key), date_of(begun).year, 0, "")
                for key, buyer, begun in zip(
                    order[new].tolist(), customer[new].tolist(), order_day[new].tolist(), strict=True
                )
            }
        yield from (row for key, row in found.items() if key not in self._older_orders)
        self._older_orders |= {row[0] for row in found.values() if row[0] < self._shop.document_id(self._days[0], 0)}

    def _documents(self, day: int, sold: Sales, returned: Returns) -> Iterator[Row]:
        orders = self._shop.document_id(sold.order_day, sold.order)
        nth = count(self._shop.document_id(day, 0))
        for kind, columns in (
            (Kind.SALE, (sold.customer, sold.order_day, orders)),
            (Kind.RETURN, (returned.customer, returned.sale_day, returned.order)),
        ):
            for customer, order_day, order in zip(*(column.tolist() for column in columns), strict=True):
                number = next(nth)
                yield (
                    number,
                    day,
                    int(kind),
                    document_key(kind, day, number),
                    str(number),
                    order,
                    str(order),
                    order_day,
                    "",
                    "",
                    int(Link.NONE),
                    customer + 1,
                    customer + 1,
                    customer + 1,
                    str(customer + 1),
                    customer // 2 + 1,
                )

    def _lines(self, day: int, sold: Sales, returned: Returns) -> list[Row]:
        """Of a line what stands behind its day."""
        back = len(sold.customer) + np.arange(len(returned.customer))
        document = self._shop.document_id(day, np.concatenate([sold.document, back]))
        columns = (
            document,
            np.arange(len(document)),
            np.concatenate([sold.product, returned.product]) + 1,
            np.concatenate([sold.quantity, returned.quantity]),
            np.concatenate([sold.amount, returned.amount]),
            np.full(len(document), int(Verdict.ACCEPTED)),
        )
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _orders(self, day: int, sold: Sales) -> list[Row]:
        """One row a document, net of what came back until the end of the store."""
        back = np.where(sold.back_day <= self._days[-1], sold.back, 0)
        amount = sold.amount - np.where(back > 0, sold.back_amount, 0)
        starts = np.searchsorted(sold.document, np.arange(len(sold.customer)))
        left = np.add.reduceat(sold.quantity - back, starts)
        rows = np.column_stack(
            [
                np.full(len(starts), day),
                sold.customer + 1,
                self._shop.document_id(sold.order_day, sold.order),
                np.add.reduceat(amount, starts),
                np.add.reduceat((sold.quantity > back).astype(np.int64), starts),
                (left > 0).astype(np.int64),
            ]
        )
        in_order = np.lexsort([rows[:, 2], rows[:, 1]])
        return rows[in_order].tolist()  # type: ignore[no-any-return]

    def _matches_of(self, day: int, returned: Returns, documents: int, lines: int) -> Any:
        """The returns of a day whose sales are in the store, as rows of return_match."""
        nth = np.arange(len(returned.customer))
        sale_document = np.zeros(len(nth), np.int64)
        for sale_day in np.unique(returned.sale_day).tolist():
            some = returned.sale_day == sale_day
            sale_document[some] = self._shop.sales(sale_day).document[returned.sale_line[some]]
        rows = np.column_stack(
            [
                returned.customer + 1,
                returned.product + 1,
                returned.order,
                returned.sale_day,
                self._shop.document_id(returned.sale_day, sale_document),
                returned.sale_line,
                np.full(len(nth), day),
                self._shop.document_id(day, documents + nth),
                lines + nth,
                np.full(len(nth), int(Link.ORDER)),
                returned.quantity,
                returned.amount,
            ]
        )
        return rows[returned.sale_day >= self._days[0]]

    def _write_ledger(self, day: int, documents: Sequence[Row], lines: Sequence[Row], sales: int) -> None:
        accounts = [
            (day, int(kind), int(Verdict.ACCEPTED), len(some), sum(line[4] for line in some))
            for kind, some in ((Kind.SALE, lines[:sales]), (Kind.RETURN, lines[sales:]))
            if some
        ]
        self._write("day_account", accounts)
        content = _content(documents, lines)
        amount = sum(account[4] for account in accounts)
        said = self._said(day) if day >= self._certain_since else content
        rules = self._told.rules.fingerprint
        self._write("ledger", [(day, 1, len(lines), amount, said, rules, MOMENT, MOMENT, content, "")])

    def _said(self, day: int) -> str:
        rows = [msgspec.Raw(msgspec.json.encode(line)) for line in self._shop.wire_lines(day)]
        return self._told.reader.fingerprint(rows)

    def _write(self, table: str, rows: Iterator[Row] | Sequence[Sequence[Any]]) -> None:
        rows = list(rows)
        if rows:
            self._store.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _content(documents: Sequence[Row], lines: Sequence[Row]) -> str:
    """The seal of a day, as `store.contents` makes it of the rows in the tables."""
    without_derived = [(row[0], *row[2:5], *row[6:12], *row[13:]) for row in documents]
    digest = hashlib.sha256()
    for rows in (without_derived, lines, []):
        digest.update(msgspec.msgpack.encode(rows))
    return digest.hexdigest()


def _speaks(buyer: int, buyers: Any) -> bool:
    """Whether a buyer writes the address that two share."""
    return buyer % 2 == 0 or not buyers[buyer - 1]
