"""Returns taken off the sales they belong to, one after another, by hand as it were.

A return is matched with sales of the same buyer, order and product only. The dates of the two are not compared:
they only say which line comes first.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .original import Sale

GIFT_BELOW = 1000
"""Kopecks: a line under ten roubles is a gift."""


@dataclass(frozen=True)
class Line:
    """A line of a document. `quantity` is thousandths, `amount` kopecks, neither is negative; a sale has an order."""

    kind: Literal["sale", "return"]
    buyer: str
    order: Hashable | None
    day: int
    product: Hashable
    quantity: int
    amount: int
    position: int


@dataclass
class NetLine:
    """A sale line and what is left of it: `quantity` and `amount`."""

    sale: Line
    quantity: int
    amount: int


@dataclass(frozen=True)
class Unmatched:
    """The part of a return that took nothing off any sale."""

    line: Line
    quantity: int
    amount: int


def net(lines: Iterable[Line]) -> tuple[list[NetLine], list[Unmatched]]:
    """What is left of every sale line, and what is left over of the returns; both by day and position."""
    ordered = sorted(lines, key=lambda line: (line.day, line.position))
    sales = [NetLine(line, line.quantity, line.amount) for line in ordered if line.kind == "sale"]
    alike: dict[Hashable, list[NetLine]] = defaultdict(list)
    for sale in sales:
        alike[sale.sale.buyer, sale.sale.order, sale.sale.product].append(sale)
    leftovers: list[Unmatched] = []
    for line in ordered:
        if line.kind == "return":
            candidates = [] if line.order is None else alike[line.buyer, line.order, line.product]
            leftover = take_back(line, candidates)
            if leftover.quantity or leftover.amount:
                leftovers.append(leftover)
    return sales, leftovers


def take_back(back: Line, sales: Sequence[NetLine]) -> Unmatched:
    """Take one return off these sales, first line first, and say what could not be taken.

    Each line gives the share of the money that its quantity has in the quantity still to give, but no more than it has;
    what it lacks is left for the lines after it.
    """
    quantity, amount = back.quantity, back.amount
    for sale in in_turn(back, sales):
        taken = min(quantity, sale.quantity)
        if taken:
            money = min(portion(amount, taken, quantity), sale.amount)
            sale.quantity, sale.amount = sale.quantity - taken, sale.amount - money
            quantity, amount = quantity - taken, amount - money
    return Unmatched(back, quantity, amount)


def in_turn(back: Line, sales: Sequence[NetLine]) -> list[NetLine]:
    """The sales a return may take from: gifts first for a gift, no gifts at all for anything else."""
    gifts = [sale for sale in sales if is_gift(sale.sale)]
    ordinary = [sale for sale in sales if not is_gift(sale.sale)]
    return gifts + ordinary if is_gift(back) else ordinary


def is_gift(line: Line) -> bool:
    """Whether the document gave the line away: its own amount is under ten roubles."""
    return line.amount < GIFT_BELOW


def portion(amount: int, part: int, whole: int) -> int:
    """The amount in proportion to a part of the quantity, cut to a whole kopeck. All of it for the whole quantity."""
    return amount * part // whole


def purchases(lines: Iterable[NetLine]) -> list[Sale]:
    """One sale for each shipment (buyer, order, day) that was kept, at least in part. Gifts are no purchases."""
    shipments: dict[tuple[str, Hashable, int], list[NetLine]] = defaultdict(list)
    for line in lines:
        if not is_gift(line.sale):
            shipments[line.sale.buyer, line.sale.order, line.sale.day].append(line)
    return [
        Sale(buyer, order, day, sum(line.amount for line in shipment))
        for (buyer, order, day), shipment in shipments.items()
        if is_kept(shipment)
    ]


def is_kept(shipment: Sequence[NetLine]) -> bool:
    """Whether some quantity is left or, where none was ever sold (a service), some money."""
    if any(line.sale.quantity for line in shipment):
        return any(line.quantity for line in shipment)
    return any(line.amount for line in shipment)
