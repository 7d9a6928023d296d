"""Rules as SQL, and the one segment that every customer gets."""

import operator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from rfm_service.engines.embedded import Embedded
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.segmentation.schemes import Scheme, load_scheme
from tests.conftest import PROJECT

from .builders import BIG, BIG_RULE, HEAD, SMALL, SMALL_RULE, TINY, write

SHIPPED = [load_scheme(PROJECT / "config" / "segments", name) for name in ("nine_segments", "wholesale_tiers")]
NINE, TIERS = SHIPPED

STORED = {"recency": 1, "frequency": 1, "monetary": 100, "order_interval": 1, "two_month_sum": 100}
COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

Customer = dict[str, int]
ENGINE = Embedded()


def segments(scheme: Scheme, customers: list[Customer]) -> list[str]:
    """The segment of each customer, by SQL."""
    columns = {name: pa.array([customer[name] for customer in customers], pa.int64()) for name in STORED}
    ENGINE.make_table("measured_customers", pa.table(columns | {"place": range(len(customers))}))
    rows = ENGINE.run(f"SELECT {FittedScheme(scheme).as_sql()} AS segment FROM measured_customers ORDER BY place")
    return list(rows.column("segment").to_pylist())


def by_hand(scheme: Scheme, customer: Customer) -> str:
    """The segment of the first rule that holds."""
    for rule in scheme.rules:
        conditions = [condition.split() for condition in rule.when]
        if all(COMPARISONS[sign](customer[measure], int(n) * STORED[measure]) for measure, sign, n in conditions):
            return rule.segment
    raise AssertionError("no rule holds")


def customer(recency: int = 10, frequency: int = 1, monetary: int = 0, two_month_sum: int = 0) -> Customer:
    """A customer with these measures in days, orders and roubles."""
    return {
        "recency": recency,
        "frequency": frequency,
        "monetary": monetary * 100,
        "order_interval": 0,
        "two_month_sum": two_month_sum * 100,
    }


def test_a_scheme_as_sql(tmp_path: Path) -> None:
    assert FittedScheme(load_scheme(write(tmp_path), "tiny")).as_sql() == (
        "CASE WHEN monetary >= 100000 AND recency < 90 THEN 'big' ELSE 'small' END"
    )


def test_two_rules_for_one_segment(tmp_path: Path) -> None:
    second = BIG_RULE.replace('"monetary >= 1000", "recency < 90"', '"two_month_sum > 0"')
    scheme = load_scheme(write(tmp_path, HEAD + BIG + SMALL + BIG_RULE + second + SMALL_RULE), "tiny")
    assert FittedScheme(scheme).as_sql() == (
        "CASE WHEN monetary >= 100000 AND recency < 90 THEN 'big' WHEN two_month_sum > 0 THEN 'big' ELSE 'small' END"
    )


def test_a_scheme_with_one_segment(tmp_path: Path) -> None:
    scheme = load_scheme(write(tmp_path, HEAD + SMALL + SMALL_RULE), "tiny")
    assert FittedScheme(scheme).as_sql() == "'small'"
    assert segments(scheme, [customer(), customer()]) == ["small", "small"]


def test_digits_of_other_scripts_become_digits(tmp_path: Path) -> None:
    scheme = load_scheme(write(tmp_path, TINY.replace("< 90", "< ٩٠")), "tiny")
    assert "recency < 90 " in FittedScheme(scheme).as_sql()


@pytest.mark.parametrize(
    ("measures", "segment"),
    [
        ((89, 12, 600_000), "champions"),
        ((89, 12, 599_999), "loyal"),
        ((90, 12, 600_000), "risk"),
        ((179, 9, 0), "risk"),
        ((180, 9, 0), "lost"),
        ((89, 9, 0), "loyal"),
        ((89, 8, 300_000), "growing"),
        ((89, 6, 300_000), "growing"),
        ((89, 6, 299_999), "promising"),
        ((90, 6, 300_000), "drifting"),
        ((89, 3, 100_000), "promising"),
        ((46, 3, 99_999), "drifting"),
        ((45, 3, 99_999), "promising"),
        ((45, 2, 99_999), "newcomers"),
        ((135, 1, 0), "drifting"),
        ((136, 1, 0), "sleeping"),
        ((1, 1, 0), "newcomers"),
    ],
)
def test_the_nine_segments(measures: tuple[int, int, int], segment: str) -> None:
    assert segments(NINE, [customer(*measures)]) == [segment]


@pytest.mark.parametrize(
    ("roubles", "tier"),
    [
        (500_000, "whale"),
        (499_999, "large_wholesaler"),
        (220_000, "large_wholesaler"),
        (219_999, "wholesaler"),
        (100_000, "wholesaler"),
        (99_999, "small_wholesaler"),
        (30_000, "small_wholesaler"),
        (29_999, "retail"),
        (0, "retail"),
    ],
)
def test_the_tiers(roubles: int, tier: str) -> None:
    assert segments(TIERS, [customer(two_month_sum=roubles)]) == [tier]


def test_a_kopeck_below_the_border() -> None:
    below = customer(two_month_sum=500_000) | {"two_month_sum": 499_999_99}
    assert segments(TIERS, [below]) == ["large_wholesaler"]


BORDERS = [
    int(number) * STORED[measure]
    for scheme in SHIPPED
    for rule in scheme.rules
    for measure, _, number in (condition.split() for condition in rule.when)
]
MEASURES = st.integers(0, 2**53) | st.builds(int.__add__, st.sampled_from(BORDERS), st.integers(-1, 1))
CUSTOMERS = st.lists(st.fixed_dictionaries(dict.fromkeys(STORED, MEASURES)), min_size=1, max_size=20)


@pytest.mark.parametrize("scheme", SHIPPED, ids=lambda scheme: scheme.name)
@settings(deadline=None, database=None)
@given(customers=CUSTOMERS)
def test_every_customer_gets_the_segment_of_the_first_rule_that_holds(
    scheme: Scheme, customers: list[Customer]
) -> None:
    found = segments(scheme, customers)
    assert found == [by_hand(scheme, one) for one in customers]
    assert set(found) <= {segment.key for segment in scheme.segments}


def test_a_customer_without_a_measure_gets_a_segment_too() -> None:
    ENGINE.make_table("measured_customers", pa.table({name: pa.array([None], pa.int64()) for name in STORED}))
    for scheme, last in ((NINE, "newcomers"), (TIERS, "retail")):
        rows = ENGINE.run(f"SELECT {FittedScheme(scheme).as_sql()} AS segment FROM measured_customers")
        assert rows.column("segment").to_pylist() == [last]
