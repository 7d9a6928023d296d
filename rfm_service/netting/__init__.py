"""Which sale a return or a correction is about, and how much of it. Pure: lines in, matches out.

The rules are in docs/formulas.md, "Returns and corrections".
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from rfm_service.kinds import Kind, Link, Verdict

LOOK_BACK = 365
"""Days before a return in which its sale is looked for when nothing names it."""


class GoodsLine(NamedTuple):
    """A stored line of a customer's product. `gift` lines are cheap enough to be gifts, whatever they are.

    `base_known`, `order_known`: the store holds a sale with the key `base_key`, with this order.
    """

    owner_id: int
    product_id: int
    kind: Kind
    day: int
    document_id: int
    position: int
    quantity: int
    amount: int
    gift: bool
    order_id: int | None
    key: str
    base_key: str
    base_link: Link
    base_known: bool
    order_known: bool


class Match(NamedTuple):
    """So much of a return line takes back so much of a sale line. Column order of the table return_match."""

    owner_id: int
    product_id: int
    order_id: int
    sale_day: int
    sale_document_id: int
    sale_position: int
    return_day: int
    return_document_id: int
    return_position: int
    link: Link
    quantity: int
    amount: int


class _Left:
    """What is still left of a sale line."""

    __slots__ = ("amount", "line", "quantity")

    def __init__(self, line: GoodsLine) -> None:
        self.line = line
        self.quantity = line.quantity
        self.amount = line.amount


class _Claim(NamedTuple):
    """A return or a correction with the way in which its sale lines were found."""

    line: GoodsLine
    link: Link
    sales: Sequence[_Left]

    @property
    def turn(self) -> tuple[bool, Link, int, int]:
        """Corrections before returns, the surest first, then the earliest."""
        return self.line.kind is Kind.RETURN, self.link, self.line.day, self.line.position


class _Sales:
    """The sale lines of a customer's product, oldest first."""

    def __init__(self, lines: Iterable[GoodsLine]) -> None:
        self._sales = [_Left(line) for line in lines]
        self._by_document: defaultdict[str, list[_Left]] = defaultdict(list)
        self._by_order: defaultdict[int | None, list[_Left]] = defaultdict(list)
        for sale in self._sales:
            self._by_document[sale.line.key].append(sale)
            self._by_order[sale.line.order_id].append(sale)

    def find(self, line: GoodsLine) -> _Claim | None:
        """The sale lines that a return or a correction is about, in the order in which it takes from them."""
        if line.base_key:
            if not line.base_known:
                return None
            if found := _in_turn(line, self._by_document.get(line.base_key, [])):
                return _Claim(line, line.base_link, found)
        if line.order_id is not None:
            if not (line.order_known or line.base_key):
                return None
            if found := _in_turn(line, self._by_order.get(line.order_id, [])):
                return _Claim(line, Link.ORDER, found)
        return _Claim(line, Link.INFERRED, _in_turn(line, self._shortly_before(line.day)))

    def _shortly_before(self, day: int) -> list[_Left]:
        first = bisect_left(self._sales, day - LOOK_BACK, key=_day_of)
        last = bisect_right(self._sales, day, key=_day_of)
        return self._sales[first:last][::-1]


def match_returns(lines: Iterable[GoodsLine]) -> Iterator[Match]:
    """Every return and correction against the sales it is about.

    lines: sales, returns and corrections, sorted by owner, product, day and position.
    What finds no sale, or goes beyond what was sold, is in no match: it changes nothing.
    """
    for _, group in groupby(lines, key=lambda line: (line.owner_id, line.product_id)):
        same = list(group)
        sales = _Sales(line for line in same if line.kind is Kind.SALE)
        claims = filter(None, (sales.find(line) for line in same if line.kind is not Kind.SALE))
        for claim in sorted(claims, key=lambda claim: claim.turn):
            yield from _settle(claim)


def is_gift(kind: int, amount: int, verdict: int, gift_below: int) -> bool:
    """Whether a line takes part in netting as a gift: a sale by its verdict, a return by its amount."""
    if kind == Kind.SALE:
        return verdict == Verdict.GIFT
    return kind == Kind.RETURN and amount < gift_below


def _day_of(sale: _Left) -> int:
    return sale.line.day


def _in_turn(line: GoodsLine, sales: list[_Left]) -> list[_Left]:
    ordinary = [sale for sale in sales if not sale.line.gift]
    return [sale for sale in sales if sale.line.gift] + ordinary if line.gift else ordinary


def _settle(claim: _Claim) -> Iterator[Match]:
    quantity, amount = claim.line.quantity, claim.line.amount
    if claim.line.kind is Kind.RETURN:
        return _take_back(claim, quantity, amount)
    if amount <= 0 and (quantity < 0 or (quantity == 0 and amount < 0)):
        return _take_back(claim, -quantity, -amount)
    return _add(claim, quantity, amount)


def _take_back(claim: _Claim, quantity: int, amount: int) -> Iterator[Match]:
    only_money = not quantity
    for sale in claim.sales:
        taken = min(quantity, sale.quantity)
        if not (taken or only_money):
            continue
        money = min(amount if only_money else amount * taken // quantity, sale.amount)
        if taken or money:
            yield _change(claim, sale, taken, money)
        quantity -= taken
        amount -= money
        if not (amount if only_money else quantity):
            return


def _add(claim: _Claim, quantity: int, amount: int) -> Iterator[Match]:
    for sale in claim.sales[:1]:
        yield _change(claim, sale, min(-quantity, sale.quantity), min(-amount, sale.amount))


def _change(claim: _Claim, sale: _Left, quantity: int, amount: int) -> Match:
    sale.quantity -= quantity
    sale.amount -= amount
    line, back = sale.line, claim.line
    assert line.order_id is not None, "every sale has an order"
    return Match(
        line.owner_id,
        line.product_id,
        line.order_id,
        line.day,
        line.document_id,
        line.position,
        back.day,
        back.document_id,
        back.position,
        claim.link,
        quantity,
        amount,
    )
