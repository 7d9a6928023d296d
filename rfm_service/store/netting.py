"""Which sale a return takes back. Pure: lines in, matches out."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from rfm_service.records import Kind, Verdict


class OrderLine(NamedTuple):
    """A stored line with its order. `gift` lines are cheap enough to be gifts, whatever they are."""

    order_id: int
    product_id: int
    kind: Kind
    day: int
    document_id: int
    position: int
    quantity: int
    amount: int
    gift: bool


class Match(NamedTuple):
    """So much of a return line takes back so much of a sale line. Column order of the table return_match."""

    order_id: int
    sale_day: int
    sale_document_id: int
    sale_position: int
    return_day: int
    return_document_id: int
    return_position: int
    quantity: int
    amount: int


class _Left:
    """What is still left of a sale line."""

    __slots__ = ("amount", "line", "quantity")

    def __init__(self, line: OrderLine) -> None:
        self.line = line
        self.quantity = line.quantity
        self.amount = line.amount


def match_returns(lines: Iterable[OrderLine]) -> list[Match]:
    """Each return against the sales of its own order and product, first sale first.

    lines: sales and returns sorted by order, product, day, document and position.
    The quantity taken back is capped by what is left of the sale; the return's amount is spread in proportion to the
    quantity and capped likewise. A gift comes back to a gift before anything else, anything else never to a gift.
    What finds no sale is in no match: it subtracts nothing.
    """
    matches: list[Match] = []
    for _, group in groupby(lines, key=lambda line: (line.order_id, line.product_id)):
        same = list(group)
        sales = [_Left(line) for line in same if line.kind is Kind.SALE]
        for returned in same:
            if returned.kind is Kind.RETURN:
                matches += _take_back(returned, _candidates(returned, sales))
    return matches


def _candidates(returned: OrderLine, sales: list[_Left]) -> list[_Left]:
    ordinary = [sale for sale in sales if not sale.line.gift]
    gifts = [sale for sale in sales if sale.line.gift]
    return gifts + ordinary if returned.gift else ordinary


def _take_back(returned: OrderLine, sales: list[_Left]) -> Iterable[Match]:
    quantity, amount = returned.quantity, returned.amount
    for sale in sales:
        taken = min(quantity, sale.quantity)
        if not taken:
            continue
        money = min(amount * taken // quantity, sale.amount)
        sale.quantity -= taken
        sale.amount -= money
        quantity -= taken
        amount -= money
        yield _match(returned, sale.line, taken, money)


def _match(returned: OrderLine, sale: OrderLine, quantity: int, amount: int) -> Match:
    return Match(
        sale.order_id,
        sale.day,
        sale.document_id,
        sale.position,
        returned.day,
        returned.document_id,
        returned.position,
        quantity,
        amount,
    )


def is_gift(kind: int, amount: int, verdict: int, gift_below: int) -> bool:
    """Whether a line takes part in netting as a gift: a sale by its verdict, a return by its amount."""
    return verdict == Verdict.GIFT if kind == Kind.SALE else amount < gift_below
