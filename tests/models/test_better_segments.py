"""What is missing to the next better segment: applied, it leads there; a little less does not."""

from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from rfm_service.analysis.prospects import with_prospects
from rfm_service.segmentation.schemes import Rule, Scheme
from tests.oracles.original import Sale
from tests.segmentation.random_schemes import by_hand, scheme_of, schemes

from .builders import NINE, YEAR, Measures, engine_of, purchases_of

YESTERDAY = YEAR.last
BUYERS = [f"buyer {number}" for number in range(9)]
MOST_ORDERS, MOST_MONEY = 8, 50  # beyond every border of the schemes by chance: orders, roubles


def customers_under(scheme: Scheme, folder: Path, purchases: Iterable[Sale]) -> dict[str, Measures]:
    """Every customer with its prospects under this scheme."""
    engine = engine_of(folder, purchases, YEAR, scheme)
    return {row["buyer"]: row for row in with_prospects(engine, YEAR, scheme).to_pylist()}


def after(customer: Measures, orders: int, amount: int, recency: int = 1) -> Measures:
    """The customer when it has made so many orders for so much, and the last one was so many days ago."""
    changed = {"frequency": customer["frequency"] + orders, "monetary": customer["monetary"] + amount}
    return customer | changed | {"recency": recency}


def leads_to(scheme: Scheme, customer: Measures, orders: int, amount: int) -> str:
    """Where that much leads: whoever needs no further order makes one all the same."""
    segment = by_hand(scheme, after(customer, orders, amount))
    return segment if orders or by_hand(scheme, after(customer, 1, amount)) == segment else ""


def effort(customer: Measures, orders: int, amount: int, rank: int) -> tuple[int, int, int, int]:
    """What makes one goal nearer than another."""
    needed = max(orders, -(-amount // max(customer["average_order"], 1)), 1)
    return needed, amount, rank, orders


def nearest(scheme: Scheme, customer: Measures) -> tuple[int, int, int, int] | None:
    """The least effort of all that lead to a better segment, by trying."""
    ranks = {segment.key: segment.rank for segment in scheme.segments}
    amounts = {max(0, 100 * roubles + more - customer["monetary"]) for roubles in range(MOST_MONEY) for more in (0, 1)}
    tried = (
        (leads_to(scheme, customer, orders, amount), orders, amount)
        for orders, amount in product(range(MOST_ORDERS), amounts)
    )
    efforts = [
        effort(customer, orders, amount, ranks[segment])
        for segment, orders, amount in tried
        if segment and ranks[segment] < ranks[customer["segment"]]
    ]
    return min(efforts, default=None)


FEW = st.lists(
    st.builds(
        Sale,
        st.sampled_from(BUYERS),
        st.sampled_from(["1", "2", "3", "4", "5"]),
        st.integers(YESTERDAY - 8, YESTERDAY),
        st.sampled_from([10_00, 15_00, 20_00]) | st.integers(10_00, 20_00),
    ),
    min_size=5,
    max_size=30,
)


@settings(max_examples=40, deadline=None, database=None)
@given(schemes(recency=8, frequency=6, monetary=45), FEW)
def test_the_nearest_better_segment_is_the_one_that_trying_finds(
    tmp_path_factory: pytest.TempPathFactory, scheme: Scheme, purchases: list[Sale]
) -> None:
    ranks = {segment.key: segment.rank for segment in scheme.segments}
    for customer in customers_under(scheme, tmp_path_factory.mktemp("any"), purchases).values():
        goal, orders, amount = (customer[name] for name in ("better_segment", "orders_missing", "amount_missing"))
        found = effort(customer, orders, amount, ranks[goal]) if goal else None
        assert found == nearest(scheme, customer)


@settings(max_examples=40, deadline=None, database=None)
@given(schemes(recency=200, frequency=14, monetary=90_000), st.data())
def test_it_leads_there_and_a_little_less_does_not(
    tmp_path_factory: pytest.TempPathFactory, scheme: Scheme, data: st.DataObject
) -> None:
    purchases = data.draw(purchases_of(YEAR))
    for customer in customers_under(scheme, tmp_path_factory.mktemp("any"), purchases).values():
        check(scheme, customer)


def check(scheme: Scheme, customer: Measures) -> None:
    """What is missing to the customer's goal, if it has one, is what it says."""
    ranks = {segment.key: segment.rank for segment in scheme.segments}
    goal, orders, amount, days = (
        customer[name] for name in ("better_segment", "orders_missing", "amount_missing", "days_missing")
    )
    if not goal:
        assert (orders, amount, days) == (0, 0, 0)
        return
    assert ranks[goal] < ranks[customer["segment"]]
    assert by_hand(scheme, after(customer, orders, amount)) == goal
    if orders:
        assert leads_to(scheme, customer, orders - 1, amount) != goal
    if amount:
        assert leads_to(scheme, customer, orders, amount - 1) != goal
    fresh = customer["recency"] - days
    assert by_hand(scheme, after(customer, orders, amount, fresh)) == goal
    assert not days or by_hand(scheme, after(customer, orders, amount, fresh + 1)) != goal


@pytest.mark.parametrize(
    ("orders", "recency", "total", "segment", "goal"),
    [
        (1, 10, 5_000_00, "newcomers", ("promising", 2, 0, 0)),
        (2, 60, 5_000_00, "drifting", ("promising", 1, 0, 15)),  # F >= 3 is enough for who was here within 45 days
        (2, 60, 150_000_00, "drifting", ("promising", 1, 0, 0)),
        (6, 10, 250_000_00, "promising", ("growing", 0, 50_000_00, 0)),
        (8, 10, 250_000_00, "promising", ("loyal", 1, 0, 0)),  # and not "growing", for which 50,000 are missing
        (9, 100, 100_000_00, "risk", ("loyal", 0, 0, 11)),
        (11, 100, 700_000_00, "risk", ("champions", 1, 0, 11)),
        (9, 200, 100_000_00, "lost", ("loyal", 0, 0, 111)),
        (12, 10, 599_999_99, "loyal", ("champions", 0, 1, 0)),
        (12, 10, 600_000_00, "champions", ("", 0, 0, 0)),
    ],
)
def test_goals_of_the_nine_segments(
    tmp_path: Path, orders: int, recency: int, total: int, segment: str, goal: tuple[str, int, int, int]
) -> None:
    first = YEAR.reference_day - recency
    purchases = [
        Sale("Anna", str(n), first - 5 * n, total - 10_00 * (orders - 1) if n == 0 else 10_00) for n in range(orders)
    ]
    anna = customers_under(NINE, tmp_path, purchases)["Anna"]
    assert anna["segment"] == segment
    names = ("better_segment", "orders_missing", "amount_missing", "days_missing")
    assert tuple(anna[name] for name in names) == goal
    check(NINE, anna)


def test_an_order_mends_no_rhythm_and_what_hangs_on_one_is_no_goal(tmp_path: Path) -> None:
    rules = [
        Rule("gold", ["order_interval < 9", "frequency >= 2"]),
        Rule("silver", ["two_month_sum >= 50"]),
        Rule("bronze", ["frequency >= 4"]),
        Rule("tin", []),
    ]
    ranks = {"gold": 1, "silver": 2, "bronze": 3, "tin": 4}
    anna = Sale("Anna", "A", YESTERDAY, 10_00)
    assert customers_under(scheme_of(rules, ranks), tmp_path, [anna])["Anna"]["better_segment"] == ""
    rest = scheme_of([rules[2], rules[0], rules[1], rules[3]], ranks)
    assert customers_under(rest, tmp_path, [anna])["Anna"]["better_segment"] == "bronze"


def test_an_order_that_leads_past_the_goal_makes_it_none(tmp_path: Path) -> None:
    rules = [Rule("tin", ["frequency >= 2"]), Rule("gold", ["recency < 3"]), Rule("silver", [])]
    scheme = scheme_of(rules, {"gold": 1, "silver": 2, "tin": 3})
    anna = customers_under(scheme, tmp_path, [Sale("Anna", "A", YESTERDAY - 5, 10_00)])["Anna"]
    assert (anna["segment"], anna["better_segment"]) == ("silver", "")
