"""Whatever days arrive, in whatever order and how often: `orders` is what the definition says of the last versions."""

from pathlib import Path
from random import Random
from typing import NamedTuple

from hypothesis import given, settings, strategies as st

from rfm_service.kinds import Kind, Link
from rfm_service.records import DayAnswer, SaleLine
from rfm_service.store import verify
from rfm_service.store.connection import opened
from tests.oracles.netting import NetLine, net, purchases

from .builders import GIFT_BELOW, NOT_GIVEN, Item, answer, document, on, oracle_lines, rows, write

IN_MEMORY = Path(":memory:")
DAYS = [on(day) for day in ("2025-12-30", "2026-01-15", "2026-01-31", "2026-02-01", "2026-11-05")]

BUYERS = ["Anna", "Boris"]
SIGNS = st.sampled_from([-1, -1, 1])

items = st.tuples(
    st.sampled_from(["tea", "cup"]),
    st.sampled_from([0, 500, 1000, 2000, 3000]),
    st.sampled_from([0, 1, 9_99, 10_00, 33_33, 100_00]) | st.integers(10_00, 99_99),
)


class Numbers(NamedTuple):
    """Number of the document, number of the order and its date."""

    number: str
    order: str
    order_day: int


numbers = st.builds(
    Numbers,
    st.sampled_from(["1", "2"]),
    st.sampled_from(["1", "1", "2", ""]),
    st.sampled_from([on("2025-12-29"), on("2026-01-10")]),
)


@st.composite
def documents(draw: st.DrawFn, day: int) -> list[SaleLine]:
    """A document of a day: a sale, or a return or a correction that names its sale, its order, both, or nothing."""
    kind = draw(st.sampled_from([Kind.SALE, Kind.SALE, Kind.RETURN, Kind.CORRECTION]))
    goods: list[Item] = draw(st.lists(items, min_size=1, max_size=3))
    given, buyer = draw(numbers), draw(st.sampled_from(BUYERS))
    if kind is Kind.SALE:
        if given.order and day >= on("2026-01-01") and draw(st.booleans()):
            given = given._replace(order_day=NOT_GIVEN)  # of this year, which is that of an order above
        return document(kind, day, *goods, buyer=buyer, key=f"{day} {given.number} {buyer}", **given._asdict())
    if kind is Kind.CORRECTION:
        goods = [(product, quantity * draw(SIGNS), amount * draw(SIGNS)) for product, quantity, amount in goods]
    link = draw(st.sampled_from([Link.NONE, Link.ROW, Link.HEADER, Link.RECEIPT]))
    base = (
        f"{draw(st.sampled_from(DAYS))} {draw(st.sampled_from('12'))} {draw(st.sampled_from(BUYERS))}" if link else ""
    )
    return document(kind, day, *goods, buyer=buyer, key="", base=base, link=link, **given._asdict())


@st.composite
def versions(draw: st.DrawFn) -> DayAnswer:
    """A version of some day."""
    day = draw(st.sampled_from(DAYS))
    return answer(day, *draw(st.lists(documents(day), max_size=4)))


def items_left(lines: list[NetLine], row: tuple[int, str, object]) -> int:
    """How many products of a shipment were kept."""
    own = [line for line in lines if (line.sale.day, line.sale.buyer, line.sale.order) == row]
    return len({line.sale.product for line in own if line.quantity and line.sale.amount >= GIFT_BELOW})


@settings(max_examples=120, deadline=None, database=None)
@given(st.lists(versions(), min_size=1, max_size=9))
def test_orders_are_those_of_the_last_versions(answers: list[DayAnswer]) -> None:
    lines, _ = net(oracle_lines({day.day: day for day in answers}.values()))
    expected = {(one.day, one.buyer, one.order): one.amount for one in purchases(lines)}
    with opened(IN_MEMORY) as store:
        for day in answers:
            write(store, day)
            assert verify.wrong_orders(store, GIFT_BELOW) == 0
        found = {row[:3]: row for row in rows(store) if row.purchase}
        assert {key: row.amount for key, row in found.items()} == expected
        assert {key: row.items for key, row in found.items()} == {key: items_left(lines, key) for key in expected}
        assert verify.unbalanced_days(store) == []


@settings(max_examples=30, deadline=None, database=None)
@given(st.lists(versions(), min_size=2, max_size=5, unique_by=lambda day: day.day), st.randoms())
def test_the_order_of_arrival_does_not_matter(answers: list[DayAnswer], random: Random) -> None:
    shuffled = list(answers)
    random.shuffle(shuffled)
    with opened(IN_MEMORY) as first, opened(IN_MEMORY) as second:
        write(first, *answers)
        write(second, *shuffled)
        assert rows(first) == rows(second)
