"""Every measure, segment and tier of every customer is what the definitions say."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from rfm_service.analysis.fitting import fit
from rfm_service.analysis.measuring import classify_measured
from rfm_service.clock import Horizon
from tests.oracles.original import Sale
from tests.store.builders import on, write_purchases

from .builders import NINE, YEAR, analysed, customers_of, expected, purchases_of

YESTERDAY = YEAR.last
THRESHOLDS = (500_000_00, 220_000_00, 100_000_00, 30_000_00)


def orders(buyer: str, days: Sequence[int], total: int) -> list[Sale]:
    """An order on each of these days; the first takes what the others leave of the total."""
    rest = total - 10_00 * (len(days) - 1)
    return [Sale(buyer, f"{buyer}/{place}", day, 10_00 if place else rest) for place, day in enumerate(days)]


def compare(folder: Path, purchases: Sequence[Sale], horizon: Horizon = YEAR) -> set[str]:
    """Compare every customer; which segments and tiers there were."""
    found, right = customers_of(folder, purchases, horizon), expected(purchases, horizon)
    assert found == right
    return {customer[scheme] for customer in right.values() for scheme in ("segment", "tier")}


# Borders


def test_the_borders_of_every_segment(tmp_path: Path) -> None:
    frequencies = (1, 2, 3, 5, 6, 8, 9, 11, 12, 13)
    recencies = (1, 44, 45, 46, 89, 90, 91, 134, 135, 136, 179, 180, 181)
    totals = [limit + more for limit in (100_000_00, 300_000_00, 600_000_00) for more in (-1, 0, 1)]
    purchases = [
        one
        for frequency, recency, total in product(frequencies, recencies, totals)
        for one in orders(
            f"F{frequency} R{recency} M{total}",
            [YEAR.reference_day - recency - 7 * place for place in range(frequency)],
            total,
        )
    ]
    assert compare(tmp_path, purchases) >= {
        "champions", "lost", "risk", "loyal", "growing", "promising", "sleeping", "drifting", "newcomers",
    }  # fmt: skip


def test_the_borders_of_every_tier(tmp_path: Path) -> None:
    january = on("2026-01-01")
    purchases = [
        one
        for limit, pairs, more in product(THRESHOLDS, range(1, 7), range(-6, 7))
        for one in orders(
            f"{limit} {pairs} {more}", [january + 61 * pair for pair in range(pairs)], limit * pairs + more
        )
        if one.day <= YESTERDAY
    ]
    assert compare(tmp_path, purchases) >= {"whale", "large_wholesaler", "wholesaler", "small_wholesaler", "retail"}


def test_a_kopeck_short_of_a_mean_is_short_of_the_tier(tmp_path: Path) -> None:
    days = [on("2026-01-10"), on("2026-03-10"), on("2026-05-10")]
    purchases = orders("just", days, 3 * 500_000_00) + orders("short", days, 3 * 500_000_00 - 1)
    found = customers_of(tmp_path, purchases)
    assert (found["just"]["tier"], found["just"]["two_month_sum"]) == ("whale", 500_000_00)
    assert (found["short"]["tier"], found["short"]["two_month_sum"]) == ("large_wholesaler", 499_999_99)


def test_every_month_has_its_pair_and_the_year_does_not_matter(tmp_path: Path) -> None:
    days = [on(f"2026-{month:02}-{day:02}") for month in range(1, 12) for day in (1, 28)]
    days += [on("2025-12-01"), on("2025-12-31"), on("2025-11-20"), on("2025-11-30"), on("2026-11-19")]
    purchases = [
        Sale(f"{one} {other}", str(place), day, 50_000_01)
        for one, other in product(days, days)
        for place, day in enumerate((one, other))
    ]
    compare(tmp_path, purchases)


# Intervals


def with_gaps(gaps: Sequence[int]) -> list[Sale]:
    """A buyer whose orders, newest first, have these gaps."""
    days = [YESTERDAY]
    for gap in gaps:
        days.append(days[-1] - gap)
    return orders(str(gaps), days, 1_000_00)


@pytest.mark.parametrize(
    ("gaps", "interval"),
    [
        ((), 0),
        ((121,), 121),
        ((120, 10), 65),  # the limit is 180
        ((120, 60), 90),  # 180 is not over 180
        ((120, 61), 120),  # 181 is
        ((121, 10, 10, 10), 121),  # four gaps
        ((121, 10, 20, 31, 5), 20),  # five gaps: 61 / 3 = 20.33
        ((30, 30, 29, 40, 40), 30),  # 89 / 3 = 29.67 and the limit is 120
        ((30, 30, 29, 31, 40), 30),  # 120 is not over 120: 120 / 4
        ((30, 30, 30, 50, 41), 35),  # the limit is 180: 140 / 4
        ((1, 2), 2),  # 1.5
        ((2, 3), 2),  # 2.5
    ],
)
def test_intervals_by_hand(tmp_path: Path, gaps: tuple[int, ...], interval: int) -> None:
    assert customers_of(tmp_path, with_gaps(gaps))[str(gaps)]["order_interval"] == interval


def gap_lists(random: Random) -> Iterator[list[int]]:
    """Gaps near every limit of the definition, as many as a year holds."""
    for _ in range(1500):
        palette = random.choice(
            [
                [1, 2, 3, 29, 30, 31],
                [10, 20, 30, 40, 60],
                [29, 30, 31, 32],
                [59, 60, 61, 90],
                [1, 119, 120, 121, 122],
                list(range(1, 60)),
            ]
        )
        gaps: list[int] = []
        for _ in range(random.randint(1, 14)):
            gap = random.choice(palette)
            if sum(gaps) + gap < YEAR.length:
                gaps.append(gap)
        yield gaps
    yield from (list(gaps) for gaps in product((119, 120, 121), (29, 30, 31, 59, 60, 61), (1, 30, 60)))
    yield from ([121, *gaps] for gaps in product((1, 2), (1, 2), (1, 2, 4), (1,), (1,)))


def test_the_mean_interval_at_every_limit(tmp_path: Path) -> None:
    compare(tmp_path, [one for gaps in gap_lists(Random(1)) for one in with_gaps(gaps)])


# The horizon


def test_the_ends_of_the_horizon(tmp_path: Path) -> None:
    days = {"too old": YEAR.first - 1, "oldest": YEAR.first, "newest": YEAR.last, "today": YEAR.reference_day}
    purchases = [Sale(buyer, "A", day, 100_00) for buyer, day in days.items()]
    found = customers_of(tmp_path, purchases)
    assert {buyer: one["recency"] for buyer, one in found.items()} == {"oldest": 365, "newest": 1}
    compare(tmp_path, purchases)


def test_an_order_that_began_before_the_horizon_counts_from_its_first_day_inside(tmp_path: Path) -> None:
    days = [YEAR.first - 10, YEAR.first + 10]
    purchases = [Sale("Anna", "A", day, 100_00) for day in days] + [Sale("Anna", "B", YEAR.first + 15, 100_00)]
    assert customers_of(tmp_path, purchases)["Anna"]["order_interval"] == 5


def test_the_average_order_is_rounded_to_a_kopeck(tmp_path: Path) -> None:
    days = [YESTERDAY, YESTERDAY - 1, YESTERDAY - 2]
    write_purchases(tmp_path / "sales.db", orders("Anna", days, 100_00) + orders("Boris", days, 200_00))
    rows = analysed(tmp_path / "sales.db").run("SELECT buyer, average_order FROM customers ORDER BY buyer")
    assert rows.to_pydict() == {"buyer": ["Anna", "Boris"], "average_order": [33_33, 66_67]}


def test_the_largest_customers_come_first(tmp_path: Path) -> None:
    amounts = {"Clara": 20_00, "Boris": 50_00, "Anna": 20_00}
    write_purchases(tmp_path / "sales.db", [Sale(buyer, "A", YESTERDAY, one) for buyer, one in amounts.items()])
    engine = analysed(tmp_path / "sales.db")
    customers = classify_measured(engine, {"segment": fit(engine, NINE)})
    assert customers.column("buyer").to_pylist() == ["Boris", "Anna", "Clara"]


# Anything


HORIZONS = st.builds(
    Horizon, st.integers(YEAR.reference_day - 400, YEAR.reference_day), st.sampled_from([1, 40, 365, 900])
)


@settings(max_examples=60, deadline=None, database=None)
@given(HORIZONS.flatmap(lambda horizon: st.tuples(st.just(horizon), purchases_of(horizon))))
def test_any_purchases(tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Horizon, list[Sale]]) -> None:
    horizon, purchases = drawn
    compare(tmp_path_factory.mktemp("any"), purchases, horizon)
