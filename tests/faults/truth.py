"""The store against the shop's own book, line by line, without any of the service's reading."""

import sqlite3
from collections import Counter
from collections.abc import Iterable

from rfm_service.demo.book import Book
from rfm_service.demo.documents import INTERCOMPANY_SALE, Document
from rfm_service.kinds import Kind

Line = tuple[int, str, str, str, str, int, int]
Content = Counter[Line | None]

STORED = """
SELECT line.day, document.kind, document.number, customer.name, product.name, product.feature,
       line.quantity, line.amount
FROM line
JOIN document USING (day, document_id)
JOIN customer USING (customer_id)
JOIN product USING (product_id)
"""


def booked(book: Book, day: int) -> Content:
    """The lines of a day in the book; None for each that cannot be read because something was forgotten."""
    return Counter(
        (kind_of(document), document.number, document.buyer, line.product, line.feature, line.quantity, line.amount)
        if document.number and line.quantity is not None and line.amount is not None
        else None
        for document in book.of_day(day)
        for line in document.lines
    )


def kind_of(document: Document) -> Kind:
    """What the lines of a document are to the service: trade with an own company is no sale."""
    return Kind.OTHER if document.operation == INTERCOMPANY_SALE else document.kind


def stored(store: sqlite3.Connection) -> dict[int, Content]:
    """The lines of every known day in the store; None for each that is in quarantine."""
    days: dict[int, Content] = {day: Counter() for (day,) in store.execute("SELECT day FROM ledger")}
    for day, *line in store.execute(STORED):
        days.setdefault(day, Counter())[tuple(line)] += 1
    for day, count in store.execute("SELECT day, count(*) FROM quarantine GROUP BY day"):
        days[day][None] += count
    return days


def days_unlike(store: sqlite3.Connection, *books: Book, days: Iterable[int]) -> list[int]:
    """The days that are as none of these books has them."""
    known = stored(store)
    return [day for day in days if not any(known.get(day) == booked(book, day) for book in books)]
