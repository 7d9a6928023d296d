"""What a book of documents says by the definitions: nothing here asks the cleaning, the store or the models."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from rfm_service.clock import Horizon
from rfm_service.demo.book import Book
from rfm_service.demo.documents import Document, Line as BookLine
from rfm_service.demo.people import ANONYMOUS, OWN_COMPANIES
from rfm_service.kinds import Kind
from tests.oracles.netting import Line, NetLine, Unmatched, is_gift, is_kept, net, purchases
from tests.oracles.original import Sale


class Step(NamedTuple):
    """Lines and kopecks of a step of the waterfall."""

    lines: int
    amount: int


class Told(NamedTuple):
    """A line of the book and what is to be said of it; `position` is its place in the day."""

    document: Document
    line: BookLine
    verdict: str
    position: int


class Bookkeeper:
    """A book, netted once."""

    def __init__(self, book: Book) -> None:
        self.told = list(_told(book))
        lines, leftovers = net(_line(one) for one in self.told if one.verdict in {"accepted", "gift"})
        self.lines: list[NetLine] = lines
        self.leftovers: list[Unmatched] = leftovers

    @property
    def purchases(self) -> list[Sale]:
        """What was bought, net of returns."""
        return purchases(self.lines)

    def waterfall(self, horizon: Horizon) -> dict[str, Step]:
        """Every step but for the lines of the returns; steps about no money may be left out."""
        told = [one for one in self.told if one.document.day in horizon.days]
        sold = [one for one in told if one.document.kind is Kind.SALE or one.verdict == "incomplete"]
        steps = {"gross": _sum(sold)}
        for verdict in {one.verdict for one in sold} - {"accepted"}:
            lines, amount = _sum(one for one in sold if one.verdict == verdict)
            steps[verdict] = Step(lines, -amount)
        accepted = _sum(one for one in sold if one.verdict == "accepted")
        netted = [line for line in self.lines if line.sale.day in horizon.days and not is_gift(line.sale)]
        lost = [shipment for shipment in _shipments(netted) if not is_kept(shipment)]
        remainder = sum(line.amount for shipment in lost for line in shipment)
        kept = sum(line.amount for line in netted)
        steps["returns"] = Step(0, kept - accepted.amount)
        if remainder:
            steps["returned_remainder"] = Step(len(lost), -remainder)
        steps["analysed"] = Step(accepted.lines, kept - remainder)
        unmatched = [one for one in self.leftovers if one.line.day in horizon.days]
        steps["unmatched_returns"] = Step(0, sum(one.amount for one in unmatched))
        return steps

    def products(self, horizon: Horizon) -> dict[str, Step]:
        """For every product name: in how many orders it was kept, and the money."""
        orders: defaultdict[str, set[object]] = defaultdict(set)
        amounts: Counter[str] = Counter()
        inside = [line for line in self.lines if line.sale.day in horizon.days and not is_gift(line.sale)]
        for shipment in _shipments(inside):
            if is_kept(shipment):
                for line in shipment:
                    if line.quantity or line.amount:
                        name = line.sale.product[0]  # type: ignore[index]
                        orders[name].add((line.sale.buyer, line.sale.order))
                        amounts[name] += line.amount
        return {name: Step(len(orders[name]), amounts[name]) for name in orders}


def _told(book: Book) -> Iterator[Told]:
    for day in book.days:
        lines = [(document, line) for document in book.of_day(day) for line in document.lines]
        for position, (document, line) in enumerate(lines):
            yield Told(document, line, _verdict(document, line), position)


def _verdict(document: Document, line: BookLine) -> str:
    if not document.number or line.quantity is None or line.amount is None:
        return "incomplete"
    if {document.buyer, document.contractor} & {*OWN_COMPANIES}:
        return "own_company"
    if document.buyer == ANONYMOUS:
        return "anonymous"
    if document.site_id is None:
        return "no_site_id"
    return "gift" if document.kind is Kind.SALE and line.amount < 10_00 else "accepted"


def _line(told: Told) -> Line:
    document, line = told.document, told.line
    assert line.quantity is not None and line.amount is not None
    return Line(
        kind="sale" if document.kind is Kind.SALE else "return",
        buyer=document.buyer,
        order=_order(document),
        day=document.day,
        product=(line.product, line.feature),
        quantity=line.quantity,
        amount=line.amount,
        position=told.position,
    )


def _order(document: Document) -> tuple[object, ...] | None:
    if document.order_number:
        return document.order_number, _date(document.order_day).year
    if document.kind is Kind.RETURN:
        return None
    own = _date(document.day)
    return document.number, own.year, own.month


def _date(day: int) -> date:
    return date.fromordinal(day + date(1970, 1, 1).toordinal())


def _sum(told: Iterable[Told]) -> Step:
    amounts = [one.line.amount or 0 for one in told]
    return Step(len(amounts), sum(amounts))


def _shipments(lines: Iterable[NetLine]) -> list[list[NetLine]]:
    shipments: defaultdict[tuple[object, ...], list[NetLine]] = defaultdict(list)
    for line in lines:
        shipments[line.sale.buyer, line.sale.order, line.sale.day].append(line)
    return list(shipments.values())
