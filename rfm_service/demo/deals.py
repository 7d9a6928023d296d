"""What happens between the shop and a customer: an order, the documents that ship it, and what comes back."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import msgspec

from rfm_service.demo.catalogue import CATALOGUE, GIFTS, PIECE, Product
from rfm_service.demo.documents import LATE_RETURN, NO_DAY, RETURN, Line
from rfm_service.demo.habits import RETAIL, next_open_day
from rfm_service.demo.people import Customer

OPENS, CLOSES = 9 * 3600, 19 * 3600

NO_ORDER = 0.4
TWO_SHIPMENTS = 0.06
GIFT = 0.05
TWIN = 0.01
FORGOTTEN = 1 / 600
RETURNED = 0.05
FULLY = 0.35
LATE = 0.25
NO_REFERENCE = 0.1

Lines = tuple[Line, ...]


class Paper(NamedTuple):
    """A document that has no number yet. `referred`: it names the order."""

    operation: str
    day: int
    second: int
    referred: bool
    lines: Lines


class Deal(NamedTuple):
    """An order and its papers. `order_day` is NO_DAY where goods were sold without an order."""

    customer: Customer
    order_day: int
    papers: list[Paper]


def make_taste(customer: Customer, rng: Random) -> list[Product]:
    """The products a customer chooses from: of a few categories, the popular ones rather than the others."""
    taste: list[Product] = []
    categories = rng.sample(list(CATALOGUE), k=3)
    for category in categories:
        products = CATALOGUE[category]
        weights = [1 / (rank + 3) for rank in range(len(products))]
        taste += rng.choices(products, weights, k=customer.size.taste // len(categories))
    return taste


def make_deal(customer: Customer, taste: list[Product], day: int, growth: float, operation: str, rng: Random) -> Deal:
    """A sale of a day with all that follows from it, perhaps beyond the shop's last day."""
    lines = _basket(customer, taste, growth, rng)
    ordered = customer.size is not RETAIL or rng.random() >= NO_ORDER
    papers = list(_shipments(lines, day, operation, ordered, rng))
    if rng.random() < RETURNED:
        papers.append(_take_back(lines, papers[-1].day, ordered, rng))
    return Deal(customer, day - rng.choice((0, 0, 1, 3)) if ordered else NO_DAY, papers)


def _basket(customer: Customer, taste: list[Product], growth: float, rng: Random) -> Lines:
    size = customer.size
    count = rng.randint(1, 2 * size.lines - 1)
    money = size.basket * growth * rng.lognormvariate(0, 0.35) * (count / size.lines) ** 0.5
    products = rng.sample(taste, k=count)
    lines = list(dict.fromkeys(_line(product, money / count, size.discount, rng) for product in products))
    if rng.random() < TWIN:
        lines.append(lines[0])
    if rng.random() < GIFT:
        lines.append(Line(rng.choice(GIFTS), "", PIECE, rng.randint(1, 999)))
    if rng.random() < FORGOTTEN:
        lines[-1] = _forgetful(lines[-1], rng)
    return tuple(lines)


def _line(product: Product, money: float, discount: int, rng: Random) -> Line:
    price = product.price * (100 - discount) // 100
    wanted = money * (0.5 + rng.random()) / price * PIECE
    quantity = max(PIECE, round(wanted / product.step) * product.step)
    feature = product.features[int(rng.random() * len(product.features))]
    return Line(product.name, feature, quantity, price * quantity // PIECE)


def _forgetful(line: Line, rng: Random) -> Line:
    missing = rng.choice(("quantity", "amount"))
    return msgspec.structs.replace(line, **{missing: None})


def _shipments(lines: Lines, day: int, operation: str, ordered: bool, rng: Random) -> Iterator[Paper]:
    if ordered and len(lines) > 1 and rng.random() < TWO_SHIPMENTS:
        half = len(lines) // 2
        yield Paper(operation, day, _moment(rng), True, lines[:half])
        yield Paper(operation, next_open_day(day + rng.randint(1, 5), rng), _moment(rng), True, lines[half:])
    else:
        yield Paper(operation, day, _moment(rng), ordered, lines)


def _take_back(lines: Lines, day: int, ordered: bool, rng: Random) -> Paper:
    late = rng.random() < LATE
    delay = rng.randint(60, 200) if late else rng.randint(2, 20)
    returned = lines if rng.random() < FULLY else _part_of(lines, rng)
    return Paper(
        operation=LATE_RETURN if late else RETURN,
        day=next_open_day(day + delay, rng),
        second=_moment(rng),
        referred=ordered and rng.random() >= NO_REFERENCE,
        lines=tuple(line for line in returned if line.quantity and line.amount),
    )


def _part_of(lines: Lines, rng: Random) -> Lines:
    chosen = rng.sample(lines, k=(len(lines) + 1) // 2)
    return tuple(_fewer(line, rng) for line in chosen)


def _fewer(line: Line, rng: Random) -> Line:
    if not line.quantity or not line.amount or line.quantity < 2 * PIECE:
        return line
    quantity = rng.randint(1, line.quantity // PIECE) * PIECE
    return msgspec.structs.replace(line, quantity=quantity, amount=line.amount * quantity // line.quantity)


def _moment(rng: Random) -> int:
    return rng.randrange(OPENS, CLOSES)
