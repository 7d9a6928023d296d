"""The shop's book: every document that is posted now. Tests compute right answers from it; the server serves it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rfm_service.demo.documents import Card, Document, WireLine, wire_lines


class Book:
    """Documents by day and the cards of buyers.

    It can be corrected while a server reads it: a day's documents are only ever replaced as a whole.
    """

    def __init__(self, documents: Iterable[Document] = (), buyers: Iterable[Card] = ()) -> None:
        days: defaultdict[int, list[Document]] = defaultdict(list)
        for document in documents:
            days[document.day].append(document)
        self._days = {day: tuple(days[day]) for day in sorted(days)}
        self.buyers = tuple(buyers)

    @property
    def days(self) -> list[int]:
        """The days that have documents, oldest first."""
        return sorted(self._days)

    @property
    def documents(self) -> Iterator[Document]:
        """Every document, oldest day first, in the order of posting."""
        for day in self.days:
            yield from self._days[day]

    def of_day(self, day: int) -> tuple[Document, ...]:
        """The documents of a day, in the order of posting."""
        return self._days.get(day, ())

    def wire_lines(self, day: int) -> list[WireLine]:
        """The lines of a day as 1C words them."""
        return [line for document in self.of_day(day) for line in wire_lines(document)]

    def buyers_between(self, first: int, last: int) -> list[Card]:
        """The cards of the buyers who have a document between two days, both included."""
        names = {document.buyer for day in list(self._days) if first <= day <= last for document in self.of_day(day)}
        return [buyer for buyer in self.buyers if buyer.name in names]

    def post(self, document: Document) -> None:
        """Write a document down, perhaps back-dated."""
        self._days[document.day] = (*self.of_day(document.day), document)

    def remove(self, document: Document) -> None:
        """Take a document out. Raises ValueError when it is not there."""
        left = list(self.of_day(document.day))
        left.remove(document)
        if left:
            self._days[document.day] = tuple(left)
        else:
            del self._days[document.day]

    def repost(self, document: Document, corrected: Document) -> None:
        """Put a corrected document, perhaps of another day, in the place of one. Raises ValueError as `remove` does."""
        self.remove(document)
        self.post(corrected)
