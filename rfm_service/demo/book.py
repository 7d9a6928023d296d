"""The shop's book: every document that is posted now. Tests compute right answers from it; the server serves it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from rfm_service.demo.documents import Card, Document, WireLine, wire_lines


class Total(NamedTuple):
    """What a day adds up to in the ERP's own books: its lines, and kopecks, returns taken away."""

    lines: int
    amount: int


class Book:
    """Documents by day, drafts, and the cards of buyers.

    It can be edited while a server reads it: a day's documents are only ever replaced as a whole.
    """

    def __init__(self, documents: Iterable[Document] = (), buyers: Iterable[Card] = ()) -> None:
        days: defaultdict[int, list[Document]] = defaultdict(list)
        for document in documents:
            days[document.day].append(document)
        self._days = {day: tuple(days[day]) for day in sorted(days)}
        self._day_of = {document.key: day for day in days for document in days[day]}
        self.buyers = tuple(buyers)
        self.drafts: dict[str, Document] = {}
        """Documents that are written but not posted, by key."""
        self.version = 0
        """Grows with every edit."""

    @property
    def days(self) -> list[int]:
        """The days that have documents, oldest first."""
        return sorted(self._days)

    @property
    def documents(self) -> Iterator[Document]:
        """Every document, oldest day first, in the order of posting."""
        for day in self.days:
            yield from self.of_day(day)

    def of_day(self, day: int) -> tuple[Document, ...]:
        """The documents of a day, in the order of posting."""
        return self._days.get(day, ())

    def find(self, key: str) -> Document | None:
        """The posted document with this key."""
        return next((document for document in self.of_day(self._day_of.get(key, -1)) if document.key == key), None)

    def total(self, day: int) -> Total:
        """The control total of a day."""
        documents = self.of_day(day)
        return Total(sum(len(one.lines) for one in documents), sum(one.sign * one.amount for one in documents))

    def wire_lines(self, day: int) -> list[WireLine]:
        """The lines of a day as 1C words them."""
        return [line for document in self.of_day(day) for line in wire_lines(document)]

    def buyers_between(self, first: int, last: int) -> list[Card]:
        """The cards of the buyers who have a document between two days, both included."""
        keys = {document.buyer_key for day in list(self._days) if first <= day <= last for document in self.of_day(day)}
        return [buyer for buyer in self.buyers if buyer.key in keys]

    def write(self, document: Document) -> None:
        """Write a draft down."""
        self.drafts = self.drafts | {document.key: document}
        self.version += 1

    def post(self, document: Document) -> None:
        """Post a document, perhaps back-dated, perhaps one that was a draft."""
        self.drafts = {key: draft for key, draft in self.drafts.items() if key != document.key}
        self._days[document.day] = (*self.of_day(document.day), document)
        self._day_of[document.key] = document.day
        self.version += 1

    def remove(self, document: Document) -> None:
        """Take a posted document out. Raises ValueError when it is not there."""
        self._put(document.day, self._others(document))
        self._day_of.pop(document.key, None)
        self.version += 1

    def unpost(self, document: Document) -> None:
        """Make a posted document a draft. Raises ValueError as `remove` does."""
        self.remove(document)
        self.write(document)

    def repost(self, document: Document, corrected: Document) -> Document:
        """Put a corrected document, perhaps of another day, in the place of one, whose key it takes.

        Returns it as it stands in the book. Raises ValueError as `remove` does.
        """
        corrected = replace(corrected, key=document.key)
        others = self._others(document)
        if corrected.day == document.day:
            self._put(document.day, (*others, corrected))
            self.version += 1
        else:
            self.remove(document)
            self.post(corrected)
        return corrected

    def rename(self, buyer: str, name: str) -> None:
        """Give the buyer with this key another name: on the card and, as they refer to it, in all documents."""
        self.buyers = tuple(replace(card, name=name) if card.key == buyer else card for card in self.buyers)
        for day in self.days:
            self._days[day] = tuple(_renamed(document, buyer, name) for document in self.of_day(day))
        self.drafts = {key: _renamed(draft, buyer, name) for key, draft in self.drafts.items()}
        self.version += 1

    def copy(self) -> "Book":
        """The book as it is now, for `restore` or to be edited apart."""
        copy = Book(self.documents, self.buyers)
        copy.drafts = self.drafts
        return copy

    def restore(self, copy: "Book") -> None:
        """Become what the book was: the base is restored from yesterday's copy."""
        self._days = dict(copy._days)
        self._day_of = dict(copy._day_of)
        self.buyers = copy.buyers
        self.drafts = copy.drafts
        self.version += 1

    def _others(self, document: Document) -> tuple[Document, ...]:
        left = list(self.of_day(document.day))
        left.remove(document)
        return tuple(left)

    def _put(self, day: int, documents: tuple[Document, ...]) -> None:
        if documents:
            self._days[day] = documents
        else:
            del self._days[day]


def _renamed(document: Document, buyer: str, name: str) -> Document:
    return replace(document, buyer=name) if document.buyer_key == buyer else document
