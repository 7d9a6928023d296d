"""Days of sales in a few words, and a look at what the store made of them.

A line is (product, quantity, amount): thousandths and kopecks. The documents of a day stand in their order.
"""

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from rfm_service.cleaning.verdicts import Rules, clean
from rfm_service.clock import day_of
from rfm_service.demo.book import Book
from rfm_service.kinds import Kind, Link
from rfm_service.records import DayAnswer, Header, Refused, SaleLine
from rfm_service.settings import Erp
from rfm_service.sources.lines import LineReader
from rfm_service.store.connection import opened
from rfm_service.store.sales import SalesWriter
from tests.oracles.netting import Line
from tests.oracles.original import Sale

GIFT_BELOW = 1000
RULES = Rules(gift_below=GIFT_BELOW, own_companies=("Own Ltd",), anonymous_buyers=("Somebody",), require_site_id=False)
MOMENT = datetime(2026, 11, 20, 2, tzinfo=UTC)
NOT_GIVEN = -1
KINDS: dict[Kind, Literal["sale", "return", "correction"]] = {
    Kind.SALE: "sale",
    Kind.RETURN: "return",
    Kind.CORRECTION: "correction",
}
LINKS: dict[Link, Literal["row", "header", "receipt"]] = {
    Link.ROW: "row",
    Link.HEADER: "header",
    Link.RECEIPT: "receipt",
}
TABLES = ("customer", "product", "order_ref", "document", "line", "quarantine", "ledger", "day_account", "orders")

Item = tuple[str, int, int]


class Row(NamedTuple):
    """A row of `orders` with its names. `order` is number, year and month (0: a real order)."""

    day: int
    buyer: str
    order: tuple[str, int, int]
    amount: int
    items: int
    purchase: int


def on(text: str) -> int:
    """The day number of an ISO date."""
    return day_of(date.fromisoformat(text))


ORDER_DAY = on("2026-10-01")


def document(
    kind: Kind,
    day: int,
    *items: Item,
    buyer: str = "Anna",
    order: str = "A",
    order_day: int = ORDER_DAY,
    number: str = "1",
    contractor: str = "",
    site_id: str = "",
    key: str = "",
    base: str = "",
    link: Link = Link.NONE,
) -> list[SaleLine]:
    """The lines of one document. Without an order there is no order day either; `base` is the key of its sale."""
    header = Header(
        kind,
        number,
        day,
        order,
        order_day if order else NOT_GIVEN,
        buyer,
        contractor,
        site_id,
        "",
        key=key,
        base_key=base,
        base_link=link,
    )
    return [SaleLine(header, product, "", quantity, amount) for product, quantity, amount in items]


def sale(
    day: int, *items: Item, buyer: str = "Anna", order: str = "A", order_day: int = ORDER_DAY, number: str = "1"
) -> list[SaleLine]:
    """The lines of a sale; two pieces of tea for 200 roubles where nothing else is said."""
    goods = items or (("tea", 2000, 200_00),)
    return document(Kind.SALE, day, *goods, buyer=buyer, order=order, order_day=order_day, number=number)


def returned(
    day: int, *items: Item, buyer: str = "Anna", order: str = "A", order_day: int = ORDER_DAY, number: str = "R"
) -> list[SaleLine]:
    """The lines of a return."""
    return document(Kind.RETURN, day, *items, buyer=buyer, order=order, order_day=order_day, number=number)


def answer(day: int, *documents: list[SaleLine], refused: Sequence[Refused] = ()) -> DayAnswer:
    """A day as a source delivers it."""
    lines = [line for own in documents for line in own]
    return DayAnswer(day, lines, list(refused), hashlib.sha256(repr((lines, refused)).encode()).hexdigest())


def write(store: sqlite3.Connection, *answers: DayAnswer, rules: Rules = RULES) -> None:
    """Clean these days and put them into the store, in this order."""
    writer = SalesWriter(store, rules.gift_below)
    for day in answers:
        writer.replace_day(clean(day, rules), MOMENT)


def rows(store: sqlite3.Connection) -> list[Row]:
    """The table `orders`, in order."""
    found = store.execute(
        "SELECT orders.day, customer.name, order_ref.number, order_ref.year, order_ref.month,"
        " orders.amount, orders.items, orders.purchase"
        " FROM orders JOIN customer USING (customer_id) JOIN order_ref USING (order_id)"
        " ORDER BY orders.day, customer.name, order_ref.number, order_ref.year, order_ref.month"
    )
    return [
        Row(day, buyer, (number, year, month), amount, items, purchase)
        for day, buyer, number, year, month, amount, items, purchase in found
    ]


def bought(store: sqlite3.Connection) -> list[tuple[int, str, int]]:
    """The purchases: day, number of the order, amount."""
    return [(row.day, row.order[0], row.amount) for row in rows(store) if row.purchase]


def contents(store: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every table of the sales, row by row."""
    return {table: store.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in TABLES}


def order_key(header: Header) -> tuple[str, int, int] | None:
    """The order of a document, by the definition. The year of a return without an order day is that of the return."""
    own = date.fromordinal(header.day + date(1970, 1, 1).toordinal())
    if header.order_number:
        named = date.fromordinal(header.order_day + date(1970, 1, 1).toordinal()) if header.order_day >= 0 else own
        return header.order_number, named.year, 0
    return (header.number, own.year, own.month) if header.kind is Kind.SALE else None


def read_book(book: Book, days: Iterable[int]) -> list[DayAnswer]:
    """Days of a demo shop, as they are read of its answers."""
    erp = Erp()
    reader = LineReader(erp.fields.model_dump(), erp.operations, erp.zone)
    answers = []
    for day in days:
        raw = [msgspec.Raw(msgspec.json.encode(line)) for line in book.wire_lines(day)]
        answers.append(reader.read(day, raw))
    return answers


def oracle_lines(answers: Iterable[DayAnswer]) -> list[Line]:
    """These days in the words of the oracle. All their lines must be accepted or gifts."""
    return [
        Line(
            kind=KINDS[line.header.kind],
            buyer=line.header.buyer,
            order=order_key(line.header),
            day=day.day,
            product=(line.product, line.feature),
            quantity=line.quantity,
            amount=line.amount,
            position=position,
            document=line.header.key or None,
            base=line.header.base_key or None,
            link=LINKS.get(line.header.base_link),
        )
        for day in answers
        for position, line in enumerate(day.lines)
    ]


def write_purchases(path: Path, purchases: Iterable[Sale]) -> None:
    """A store at `path` in which these purchases were made, each by a document of its own. It is closed afterwards.

    The key of an order is its number.
    """
    by_day: dict[int, list[list[SaleLine]]] = defaultdict(list)
    for number, one in enumerate(purchases):
        goods = (f"product {number % 5}", 1000, one.amount)
        by_day[one.day].append(sale(one.day, goods, buyer=one.buyer, order=str(one.order), number=str(number)))
    with opened(path) as store:
        store.execute("PRAGMA synchronous = OFF")
        write(store, *(answer(day, *documents) for day, documents in sorted(by_day.items())))
