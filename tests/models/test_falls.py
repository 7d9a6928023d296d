"""When a customer who buys nothing falls: the day on which the models themselves would say so."""

from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from rfm_service.analysis.fitting import fit
from rfm_service.analysis.measuring import classify_measured, load_store, measure
from rfm_service.analysis.prospects import with_prospects
from rfm_service.clock import Horizon
from rfm_service.engines.embedded import Embedded
from rfm_service.segmentation.schemes import Rule, Scheme
from tests.oracles.original import Sale
from tests.segmentation.random_schemes import scheme_of, schemes

from .builders import NINE, YEAR, Measures, engine_of

YESTERDAY = YEAR.last
SHORT = Horizon(YEAR.reference_day, 12)

Falls = dict[str, tuple[int, str]]


def prospects(folder: Path, purchases: list[Sale], scheme: Scheme = NINE, horizon: Horizon = YEAR) -> list[Measures]:
    engine = engine_of(folder, purchases, horizon, scheme)
    return list(with_prospects(engine, horizon, scheme).to_pylist())


def foreseen(customers: list[Measures]) -> Falls:
    return {one["buyer"]: (one["fall_day"], one["fall_segment"]) for one in customers}


def lived_through(database: Path, scheme: Scheme, horizon: Horizon) -> Falls:
    """Classify the customers of a store anew on every day to come, until all have fallen."""
    ranks, falls = scheme.ranks, Falls()
    before: dict[str, str] = {}
    for day in range(horizon.reference_day, horizon.reference_day + horizon.length + 2):
        engine = Embedded()
        load_store(engine, database, Horizon(day, horizon.length))
        measure(engine, Horizon(day, horizon.length))
        rows = classify_measured(engine, {"segment": fit(engine, scheme)}).to_pylist()
        now = {row["buyer"]: row["segment"] for row in rows}
        before = before or now
        for buyer, segment in before.items():
            if ranks[now.get(buyer, "")] > ranks[segment]:
                falls.setdefault(buyer, (day, now.get(buyer, "")))
    return falls


PURCHASES = st.lists(
    st.builds(
        Sale,
        st.sampled_from([f"buyer {number}" for number in range(12)]),
        st.sampled_from(["1", "2", "3", "4"]),
        st.integers(SHORT.first - 2, SHORT.last),
        st.sampled_from([10_00, 15_00, 20_00]) | st.integers(10_00, 20_00),
    ),
    min_size=8,
    max_size=50,
).filter(lambda sales: any(one.day >= SHORT.first for one in sales))


@settings(max_examples=15, deadline=None, database=None)
@given(schemes(recency=14, frequency=5, monetary=45), PURCHASES)
def test_they_fall_on_the_day_that_comes(
    tmp_path_factory: pytest.TempPathFactory, scheme: Scheme, purchases: list[Sale]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    found = foreseen(prospects(folder, purchases, scheme, SHORT))
    assert found == lived_through(folder / "sales.db", scheme, SHORT)


@pytest.mark.parametrize(
    ("days_ago", "fall"),
    [
        ([10], (46 - 10, "drifting")),
        ([46], (136 - 46, "sleeping")),
        ([136], (366 - 136, "")),  # outside the horizon of 365 days
        ([10, 10, 10], (46 - 10, "drifting")),
        ([10, 20, 363], (366 - 363, "newcomers")),  # the third order leaves the horizon
        ([1, *range(300, 340, 5)], (366 - 335, "promising")),  # nine orders are eight
        ([80, *range(300, 340, 5)], (90 - 80, "risk")),
    ],
)
def test_falls_of_the_nine_segments(tmp_path: Path, days_ago: list[int], fall: tuple[int, str]) -> None:
    purchases = [Sale("Anna", str(n), YEAR.reference_day - days, 10_00) for n, days in enumerate(days_ago)]
    in_days, segment = fall
    assert foreseen(prospects(tmp_path, purchases)) == {"Anna": (YEAR.reference_day + in_days, segment)}


def test_an_order_of_two_shipments_leaves_with_the_last_and_its_money_with_each(tmp_path: Path) -> None:
    rules = [Rule("gold", ["frequency >= 2", "monetary >= 30"]), Rule("silver", ["frequency >= 2"]), Rule("tin", [])]
    scheme = scheme_of(rules, {"gold": 1, "silver": 2, "tin": 3})
    days = {"A": [0, 5], "B": [10]}
    purchases = [Sale("Anna", order, SHORT.first + day, 10_00) for order, own in days.items() for day in own]
    (anna,) = prospects(tmp_path, purchases, scheme, SHORT)
    assert (anna["segment"], anna["fall_day"], anna["fall_segment"]) == ("gold", SHORT.reference_day + 1, "silver")
    (later,) = prospects(tmp_path, purchases, scheme, Horizon(SHORT.reference_day + 1, 12))
    assert (later["segment"], later["fall_day"], later["fall_segment"]) == ("silver", SHORT.reference_day + 6, "tin")


def test_where_more_than_recency_frequency_and_money_decides_nothing_is_foreseen(tmp_path: Path) -> None:
    scheme = scheme_of([Rule("gold", ["two_month_sum >= 50"]), Rule("tin", [])], {"gold": 1, "tin": 2})
    (anna,) = prospects(tmp_path, [Sale("Anna", "A", YESTERDAY, 90_00)], scheme)
    assert (anna["fall_day"], anna["fall_segment"], anna["money_at_risk"]) == (-1, "", 0)


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [
        ([30], (-1, 0)),  # no rhythm
        ([30, 40], (-1, 0)),  # two orders are none
        ([30, 30, 40], (-1, 0)),
        ([30, 40, 50], (10 - 30, 20)),
        ([10, 20, 30], (0, 0)),  # due today
        ([5, 15, 25], (5, 0)),
        ([11, 21, 31], (-1, 1)),
    ],
)
def test_when_the_next_order_is_due(tmp_path: Path, days_ago: list[int], expected: tuple[int, int]) -> None:
    purchases = [Sale("Anna", str(n), YEAR.reference_day - days, 10_00) for n, days in enumerate(days_ago)]
    (anna,) = prospects(tmp_path, purchases)
    day, overdue = expected
    has_rhythm = len(set(days_ago)) >= 3
    assert (anna["expected_day"], anna["overdue"]) == (YEAR.reference_day + day if has_rhythm else -1, overdue)


def test_the_money_at_risk_is_the_part_of_the_way_down_that_the_fall_is(tmp_path: Path) -> None:
    """Newcomers are the fifth, drifting the sixth, and outside is the tenth: a fifth of the way."""
    (anna,) = prospects(tmp_path, [Sale("Anna", "A", YESTERDAY, 1_004)])
    assert (anna["fall_segment"], anna["money_at_risk"]) == ("drifting", 200)
    (boris,) = prospects(tmp_path, [Sale("Boris", "A", YESTERDAY - 200, 1_004)])
    assert (boris["fall_segment"], boris["money_at_risk"]) == ("", 1_004)
