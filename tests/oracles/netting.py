"""Returns and corrections put to the sales they are about, one after another, by hand as it were.

Written from docs/formulas.md, "Returns and corrections": brute force, every line looked at again for every return.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .original import Sale

GIFT_BELOW = 1000
"""Kopecks: a line under ten roubles is a gift."""

LOOK_BACK = 365

Way = Literal["row", "header", "receipt", "order", "inferred"]
WAYS: tuple[Way, ...] = ("row", "header", "receipt", "order", "inferred")


@dataclass(frozen=True)
class Line:
    """A line of a document. `quantity` is thousandths, `amount` kopecks; only those of a correction may be negative.

    `position` is unique in its day. `document` is the key of its document, `base` that of the sale which it names,
    `link` where it names it.
    """

    kind: Literal["sale", "return", "correction"]
    buyer: str
    order: Hashable | None
    day: int
    product: Hashable
    quantity: int
    amount: int
    position: int
    document: Hashable | None = None
    base: Hashable | None = None
    link: Literal["row", "header", "receipt"] | None = None


@dataclass
class NetLine:
    """A sale line and what is left of it: `quantity` and `amount`."""

    sale: Line
    quantity: int
    amount: int


@dataclass(frozen=True)
class Unmatched:
    """The part of a return or a correction that changed no sale."""

    line: Line
    quantity: int
    amount: int


@dataclass(frozen=True)
class Taken:
    """So much of a return came off a sale line; negative where a correction added to it."""

    line: Line
    sale: Line
    quantity: int
    amount: int
    way: Way


def net(lines: Iterable[Line]) -> tuple[list[NetLine], list[Unmatched]]:
    """What is left of every sale line, and what is left over of the others; both by day and position."""
    sales, leftovers, _ = settle(lines)
    return sales, leftovers


def taken(lines: Iterable[Line]) -> list[Taken]:
    """What came off which sale line, and how that sale was found."""
    return settle(lines)[2]


def settle(lines: Iterable[Line]) -> tuple[list[NetLine], list[Unmatched], list[Taken]]:
    """All of it."""
    ordered = sorted(lines, key=lambda line: (line.day, line.position))
    sales = [NetLine(line, line.quantity, line.amount) for line in ordered if line.kind == "sale"]
    backs = [line for line in ordered if line.kind != "sale"]
    changes: list[Taken] = []
    for kind in ("correction", "return"):
        for way in WAYS:
            for line in backs:
                found = way_of(line, sales)
                if line.kind == kind and found and found[0] == way:
                    changes += put(line, way, found[1])
    leftovers = [leftover(line, changes) for line in backs]
    return sales, [one for one in leftovers if one.quantity or one.amount], changes


def way_of(line: Line, sales: Sequence[NetLine]) -> tuple[Way, list[NetLine]] | None:
    """The first way that finds a sale line, and the lines in the order in which they give. None: it finds nothing."""
    owner = line.buyer
    if line.base is not None:
        named = [sale for sale in sales if sale.sale.document == line.base]
        if not named:
            return None
        owner = named[0].sale.buyer
        if same := in_turn(line, [sale for sale in named if sale.sale.product == line.product]):
            assert line.link
            return line.link, same
    if line.order is not None:
        ordered = [sale for sale in sales if (sale.sale.buyer, sale.sale.order) == (line.buyer, line.order)]
        if not ordered and line.base is None:
            return None
        same = in_turn(line, [sale for sale in ordered if sale.sale.product == line.product])
        if same and owner == line.buyer:
            return "order", same
    recent = [
        sale
        for sale in sales
        if (sale.sale.buyer, sale.sale.product) == (owner, line.product)
        and line.day - LOOK_BACK <= sale.sale.day <= line.day
    ]
    same = in_turn(line, recent[::-1])
    return ("inferred", same) if same else None


def in_turn(back: Line, sales: Sequence[NetLine]) -> list[NetLine]:
    """The sales that may give: gifts first to a returned gift, no gifts at all to anything else."""
    gifts = [sale for sale in sales if is_gift(sale.sale)]
    ordinary = [sale for sale in sales if not is_gift(sale.sale)]
    return gifts + ordinary if back.kind == "return" and is_gift(back) else ordinary


def put(line: Line, way: Way, sales: Sequence[NetLine]) -> list[Taken]:
    """Change these sale lines by a return or a correction."""
    if line.kind == "return":
        return take_back(line, line.quantity, line.amount, way, sales)
    if line.amount <= 0 and (line.quantity < 0 or (line.quantity == 0 and line.amount < 0)):
        return take_back(line, -line.quantity, -line.amount, way, sales)
    first = sales[0]
    return [change(line, first, way, -max(line.quantity, -first.quantity), -max(line.amount, -first.amount))]


def take_back(line: Line, quantity: int, amount: int, way: Way, sales: Sequence[NetLine]) -> list[Taken]:
    """Take so much off these sales, the first line first.

    Each line gives the share of the money that its quantity has in the quantity still to give, but no more than it has;
    what it lacks is left for the lines after it. Where there is no quantity each gives as much money as it has.
    """
    changes = []
    if quantity == 0:
        for sale in sales:
            money = min(amount, sale.amount)
            if money:
                changes.append(change(line, sale, way, 0, money))
                amount -= money
        return changes
    for sale in sales:
        part = min(quantity, sale.quantity)
        if part:
            money = min(portion(amount, part, quantity), sale.amount)
            changes.append(change(line, sale, way, part, money))
            quantity, amount = quantity - part, amount - money
    return changes


def change(line: Line, sale: NetLine, way: Way, quantity: int, amount: int) -> Taken:
    """Take it off the sale line."""
    sale.quantity, sale.amount = sale.quantity - quantity, sale.amount - amount
    return Taken(line, sale.sale, quantity, amount, way)


def leftover(line: Line, changes: Iterable[Taken]) -> Unmatched:
    """What of a return or a correction changed nothing; of a correction with its sign."""
    sign = -1 if line.kind == "correction" else 1
    own = [one for one in changes if one.line is line]
    quantity, amount = sum(one.quantity for one in own), sum(one.amount for one in own)
    return Unmatched(line, line.quantity - sign * quantity, line.amount - sign * amount)


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
