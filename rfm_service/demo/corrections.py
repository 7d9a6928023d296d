"""Corrections of sales in the demo shop: mostly fewer pieces, sometimes a lower price, sometimes more pieces."""

from collections.abc import Iterable, Iterator
from random import Random

from msgspec.structs import replace

from rfm_service.clock import date_of
from rfm_service.demo.catalogue import PIECE
from rfm_service.demo.documents import CORRECTION, SALE, Document, Line
from rfm_service.demo.habits import next_open_day

FEWER = 0.7
CHEAPER = 0.15


def make_corrections(documents: Iterable[Document], share: float, last_day: int, rng: Random) -> Iterator[Document]:
    """Corrections of a share of the sales, a few days or some months later, not after the last day."""
    sales = [document for document in documents if document.operation == SALE]
    for place, sale in enumerate(sales):
        if rng.random() >= share:
            continue
        day = next_open_day(sale.day + rng.choice((1, 2, 3, 5, 40, 90)), rng)
        lines = tuple(_delta(line, rng) for line in sale.lines[:3] if line.quantity and line.amount)
        if lines and day <= last_day:
            yield replace(
                sale,
                operation=CORRECTION,
                number=f"УТ-К{place:05}/{date_of(day):%y}",
                day=day,
                lines=lines,
                base_key=sale.key,
                key="",
            )


def _delta(line: Line, rng: Random) -> Line:
    """What a correction says of a line: signed."""
    assert line.quantity and line.amount
    chance = rng.random()
    if FEWER <= chance < FEWER + CHEAPER:
        return replace(line, quantity=0, amount=-max(1, line.amount // 10))
    pieces = rng.randint(1, max(1, line.quantity // PIECE))
    quantity = min(line.quantity, pieces * PIECE)
    sign = -1 if chance < FEWER else 1
    return replace(line, quantity=sign * quantity, amount=sign * (line.amount * quantity // line.quantity))
