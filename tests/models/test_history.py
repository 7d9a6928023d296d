"""The closed months beside their definitions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace

from rfm_service.analysis.history import Past, past_of, tables_of
from rfm_service.clock import Horizon
from rfm_service.demo.book import Book
from rfm_service.demo.catalogue import CATEGORIES
from rfm_service.engines import Engine
from rfm_service.engines.embedded import Embedded
from rfm_service.engines.store_reader import reading
from rfm_service.records import SaleLine
from rfm_service.segmentation.schemes import Scheme, load_scheme
from rfm_service.store.connection import opened
from tests.conftest import PROJECT, REFERENCE_DAY
from tests.oracles import history
from tests.oracles.history import first_day, preferences
from tests.oracles.netting import is_gift
from tests.oracles.original import Sale, segment_of
from tests.store.builders import answer, on, sale, write, write_purchases

from .bookkeeping import Bookkeeper
from .builders import analysed, load_closed_months, measured
from .test_shop import store_of

NINE = load_scheme(PROJECT / "config" / "segments", "nine_segments")
OCTOBER = 2026 * 12 + 9
TWO_YEARS, A_YEAR_AND_MORE = range(OCTOBER - 23, OCTOBER + 1), range(OCTOBER - 14, OCTOBER + 1)

Rows = list[dict[str, Any]]


@dataclass
class Told:
    """What the models say of a store's closed months."""

    engine: Engine
    names: dict[int, str]
    tables: dict[str, Rows]

    @property
    def snapshots(self) -> Rows:
        """With the buyers' names, and the segments."""
        rows: Rows = self.engine.run("SELECT * FROM classified_snapshots").to_pylist()
        return [row | {"buyer": self.names[row.pop("customer_id")]} for row in rows]

    def keyed(self, name: str, keys: int) -> dict[Any, tuple[Any, ...]]:
        """A table as a mapping from its first columns to the others, in the order of the contract."""
        order = {
            "transitions": ("month", "before", "after", "customers", "amount_before", "amount_after"),
            "cohort_segments": ("cohort", "segment", "customers", "monetary"),
        }.get(name)
        rows = [tuple(row[column] for column in order or row) for row in self.tables[name]]
        return {row[:keys] if keys > 1 else row[0]: row[keys:] for row in rows}

    def preferred(self, name: str = "preferences", column: str = "product") -> list[tuple[Any, ...]]:
        """What the segments prefer, in order."""
        columns = ("segment", column, "buyers", "monetary", "index")
        return [tuple(row[one] for one in columns) for row in self.tables[name]]


def told(database: Path, past: Past, scheme: Scheme = NINE) -> Told:
    """The closed months of a store, by the models."""
    engine = Embedded()
    with reading(database) as store:
        load_closed_months(engine, store, past, scheme)
        customers = store.read("SELECT customer_id, name FROM customer", ("customer_id",), ("name",)).to_pylist()
    names = {row["customer_id"]: row["name"] for row in customers}
    return Told(engine, names, {name: table.to_pylist() for name, table in tables_of(engine, scheme).items()})


def compare(ours: Told, right: history.Past) -> None:
    """Every table of customers is what the definitions say."""
    segments = right.segments(segment_of)
    columns = history.Snapshot._fields
    assert {(row["month"], row["buyer"]): tuple(row[name] for name in columns) for row in ours.snapshots} == (
        right.snapshots
    )
    assert {(row["month"], row["buyer"]): row["segment"] for row in ours.snapshots} == segments
    assert ours.keyed("transitions", 3) == right.transitions(segment_of)
    assert ours.keyed("cohorts", 2) == right.cohorts()
    assert ours.keyed("cohort_segments", 2) == right.cohort_segments(segment_of)
    assert ours.keyed("before_churn", 1) == right.before_churn()
    churn = right.churn()
    assert {month: row[:-1] for month, row in ours.keyed("churn_months", 1).items()} == {
        month: one[:-1] for month, one in churn.items()
    }
    for month, row in ours.keyed("churn_months", 1).items():
        assert abs(row[-1] - churn[month].loss) <= 1


# The demo shop


@pytest.fixture(scope="module")
def shop_past() -> Past:
    """The closed months of the demo shop: it begins on 16 October 2025."""
    return Past(range(OCTOBER - 11, OCTOBER + 1), 365)


@pytest.fixture(scope="module")
def database(shop: Book, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_of(shop, tmp_path_factory.mktemp("history") / "sales.db")


@pytest.fixture(scope="module")
def ours(database: Path, shop_past: Past) -> Told:
    return told(database, shop_past)


@pytest.fixture(scope="module")
def keeper(shop: Book) -> Bookkeeper:
    return Bookkeeper(shop)


@pytest.fixture(scope="module")
def right(keeper: Bookkeeper, shop_past: Past) -> history.Past:
    return history.Past(keeper.purchases, shop_past.months, shop_past.horizon_days)


def test_the_closed_months_of_the_shop(database: Path, shop_past: Past) -> None:
    with reading(database) as store:
        assert past_of(store, Horizon(REFERENCE_DAY, 365)) == shop_past


def test_every_table_of_the_shop(ours: Told, right: history.Past) -> None:
    assert len(ours.snapshots) > 1000
    compare(ours, right)


def test_snapshots_are_what_a_night_on_that_day_says(ours: Told, database: Path, shop_past: Past) -> None:
    for month in shop_past.months:
        then = measured(analysed(database, Horizon(first_day(month + 1), shop_past.horizon_days)))
        names = ("recency", "frequency", "monetary", "segment")
        assert {row["buyer"]: [row[name] for name in names] for row in ours.snapshots if row["month"] == month} == {
            buyer: [one[name] for name in names] for buyer, one in then.items()
        }


def test_what_segments_prefer(ours: Told, right: history.Past, keeper: Bookkeeper, shop_past: Past) -> None:
    last = shop_past.months[-1]
    kept = {(one.buyer, one.order, one.day) for one in keeper.purchases}
    bought = [
        (line.sale.buyer, str(line.sale.product[0]), line.amount)  # type: ignore[index]
        for line in keeper.lines
        if line.sale.day in shop_past.last_horizon.days
        and not is_gift(line.sale)
        and (line.sale.buyer, line.sale.order, line.sale.day) in kept
        and (line.quantity or line.amount)
    ]
    segments = {buyer: segment for (month, buyer), segment in right.segments(segment_of).items() if month == last}
    found = ours.preferred()
    assert len(found) > 10
    assert found == preferences(bought, segments)
    of_categories = [(buyer, CATEGORIES[product], amount) for buyer, product, amount in bought]
    found = ours.preferred("category_preferences", "product_category")
    assert len(found) > 5
    assert found == preferences(of_categories, segments)


# Laws


def test_transitions_add_up_to_the_segments(ours: Told) -> None:
    sizes = {(row["month"], row["segment"]): row["customers"] for row in ours.tables["segment_months"]}
    first = min(month for month, _ in sizes)
    rows, columns = dict[tuple[int, str], int](), dict[tuple[int, str], int]()
    for move in ours.tables["transitions"]:
        row, column = (move["month"] - 1, move["before"]), (move["month"], move["after"])
        rows[row] = rows.get(row, 0) + move["customers"]
        columns[column] = columns.get(column, 0) + move["customers"]
    last = max(month for month, _ in sizes)
    assert {key: count for key, count in rows.items() if key[1]} == {
        key: count for key, count in sizes.items() if key[0] < last
    }
    assert {key: count for key, count in columns.items() if key[1]} == {
        key: count for key, count in sizes.items() if key[0] > first
    }


def test_all_money_is_in_every_table(ours: Told, keeper: Bookkeeper, shop_past: Past) -> None:
    money = dict.fromkeys(shop_past.months, 0)
    for one in keeper.purchases:
        if history.month_of(one.day) in money:
            money[history.month_of(one.day)] += one.amount
    for name in ("segment_months", "cohorts", "churn_months"):
        found = dict.fromkeys(money, 0)
        for row in ours.tables[name]:
            found[row["month"]] += row["monetary"]
        assert found == money, name


def test_who_churned_is_counted_once(ours: Told) -> None:
    newly = sum(row["newly_churned"] for row in ours.tables["churn_months"])
    assert {row["customers"] for row in ours.tables["before_churn"]} == {newly}
    assert newly > 0


# Anything


def purchases_of(months: range) -> st.SearchStrategy[list[Sale]]:
    """Purchases of a few buyers in, before and after these months, some orders in several shipments."""
    return st.lists(
        st.builds(
            Sale,
            st.sampled_from(["Anna", "Boris", "Clara", "Dora"]),
            st.sampled_from([str(number) for number in range(8)]),
            st.integers(first_day(months[0]) - 40, first_day(months.stop) + 3),
            st.sampled_from([10_00, 33_33, 100_001_00, 600_000_00]) | st.integers(10_00, 10**12),
        ),
        min_size=1,
        max_size=40,
    )


@settings(max_examples=25, deadline=None, database=None)
@given(purchases_of(A_YEAR_AND_MORE), st.sampled_from([1, 30, 75, 200, 365, 366, 900]))
def test_any_purchases(tmp_path_factory: pytest.TempPathFactory, purchases: list[Sale], horizon: int) -> None:
    database = tmp_path_factory.mktemp("any") / "sales.db"
    write_purchases(database, purchases)
    compare(told(database, Past(A_YEAR_AND_MORE, horizon)), history.Past(purchases, A_YEAR_AND_MORE, horizon))


Goods = tuple[str, str]
"""Product and feature."""

GOODS = [(product, feature) for product in ("tea", "cup", "egg") for feature in ("", "small")]
SOLD = st.tuples(
    st.sampled_from([f"buyer {number}" for number in range(6)]),
    st.sampled_from(GOODS),
    st.sampled_from([10_00, 33_33, 100_001_00]),
    st.sampled_from([on("2025-11-20"), on("2026-10-01")]),
)
"""Buyer, goods, amount, day: some bought a year ago only, and are in another segment."""


@settings(max_examples=50, deadline=None, database=None)
@given(
    st.lists(SOLD, min_size=15, max_size=40),
    st.fixed_dictionaries({goods: st.sampled_from(["A", "B", ""]) for goods in GOODS}),
)
def test_any_goods(
    tmp_path_factory: pytest.TempPathFactory, sold: list[tuple[str, Goods, int, int]], categories: dict[Goods, str]
) -> None:
    database = tmp_path_factory.mktemp("goods") / "sales.db"
    days: dict[int, list[list[SaleLine]]] = {}
    for number, (buyer, goods, amount, day) in enumerate(sold):
        (line,) = sale(day, (goods[0], 1000, amount), buyer=buyer, order=str(number), number=str(number))
        line = replace(line, feature=goods[1], product_category=categories[goods])
        days.setdefault(day, []).append([line])
    with opened(database) as store:
        write(store, *(answer(day, *documents) for day, documents in days.items()))
    months = range(OCTOBER, OCTOBER + 1)
    purchases = [Sale(buyer, number, day, amount) for number, (buyer, _, amount, day) in enumerate(sold)]
    right = history.Past(purchases, months, 365).segments(segment_of)
    segments = {buyer: segment for (_, buyer), segment in right.items()}
    ours = told(database, Past(months, 365))
    by_product = [(buyer, goods[0], amount) for buyer, goods, amount, _ in sold]
    by_category = [(buyer, categories[goods], amount) for buyer, goods, amount, _ in sold]
    assert ours.preferred() == preferences(by_product, segments)
    assert ours.preferred("category_preferences", "product_category") == preferences(by_category, segments)


# Stories


def shipped(folder: Path, *days: str, horizon: int = 365) -> list[tuple[int, int, int]]:
    """Month, recency and frequency at the ends of the months, of an order that was shipped on these days."""
    database = folder / "sales.db"
    write_purchases(database, [Sale("Anna", "A", on(day), 100_00) for day in days])
    rows = told(database, Past(TWO_YEARS, horizon)).snapshots
    return [(row["month"], row["recency"], row["frequency"]) for row in sorted(rows, key=lambda row: row["month"])]


def test_a_purchase_is_seen_until_it_leaves_the_horizon(tmp_path: Path) -> None:
    found = shipped(tmp_path, "2025-03-31", horizon=31)
    assert found == [(OCTOBER - 19, 1, 1), (OCTOBER - 18, 31, 1)]


def test_an_order_in_two_shipments_is_one_order_until_the_last_of_them_is_gone(tmp_path: Path) -> None:
    found = shipped(tmp_path, "2025-03-30", "2025-04-15", horizon=30)
    assert found == [(OCTOBER - 19, 2, 1), (OCTOBER - 18, 16, 1)]


def test_an_order_that_was_gone_comes_again_with_a_late_shipment(tmp_path: Path) -> None:
    found = shipped(tmp_path, "2025-03-30", "2025-08-15", horizon=30)
    assert found == [(OCTOBER - 19, 2, 1), (OCTOBER - 14, 17, 1)]


def test_a_transition_never_skips_a_month(tmp_path: Path) -> None:
    database = tmp_path / "sales.db"
    write_purchases(
        database, [Sale("Anna", "A", on("2025-03-30"), 1_00_00), Sale("Anna", "B", on("2025-06-30"), 2_00_00)]
    )
    moves = told(database, Past(TWO_YEARS, 45)).keyed("transitions", 3)
    march = OCTOBER - 19
    assert moves == {
        (march, "", "newcomers"): (1, 0, 1_00_00),
        (march + 1, "newcomers", "newcomers"): (1, 1_00_00, 0),
        (march + 2, "newcomers", ""): (1, 0, 0),
        (march + 3, "", "newcomers"): (1, 0, 2_00_00),
        (march + 4, "newcomers", "newcomers"): (1, 2_00_00, 0),
        (march + 5, "newcomers", ""): (1, 0, 0),
    }


def test_a_scheme_that_asks_for_the_rhythm_knows_no_snapshots(tmp_path: Path) -> None:
    database = tmp_path / "sales.db"
    write_purchases(database, [Sale("Anna", "A", on("2025-03-30"), 100_00)])
    tiers = load_scheme(PROJECT / "config" / "segments", "wholesale_tiers")
    assert (NINE.fits_snapshots, tiers.fits_snapshots) == (True, False)
    tables = told(database, Past(TWO_YEARS, 365), tiers).tables
    assert [name for name, rows in tables.items() if rows] == ["cohorts", "churn_months", "before_churn"]


# Which months


def months_of(folder: Path, *days: str, tonight: str = "2026-11-20") -> range:
    """The closed months of a store that knows these days."""
    with opened(folder / "sales.db") as store:
        write(store, *(answer(on(day), sale(on(day))) for day in days))
    with reading(folder / "sales.db") as store:
        return past_of(store, Horizon(on(tonight), 365)).months


def test_an_empty_store_has_no_closed_month(tmp_path: Path) -> None:
    assert not months_of(tmp_path)


def test_this_month_is_not_closed(tmp_path: Path) -> None:
    assert not months_of(tmp_path, "2026-11-01", "2026-11-02")


def test_last_month_is_closed_on_the_first(tmp_path: Path) -> None:
    assert months_of(tmp_path, "2026-10-01", "2026-10-31", tonight="2026-11-01") == range(OCTOBER, OCTOBER + 1)


def test_a_store_begins_with_its_first_whole_month(tmp_path: Path) -> None:
    assert months_of(tmp_path, "2026-08-02", "2026-09-01", "2026-10-30") == range(OCTOBER - 1, OCTOBER + 1)


def test_what_lies_before_a_gap_of_a_month_is_not_looked_back_at(tmp_path: Path) -> None:
    found = months_of(tmp_path, "2026-01-01", "2026-02-01", "2026-09-01", "2026-10-01")
    assert found == range(OCTOBER - 1, OCTOBER + 1)


@pytest.mark.parametrize("name", ["nine_segments", "ten_segments"])
def test_no_closed_month_no_rows(tmp_path: Path, name: str) -> None:
    write_purchases(tmp_path / "sales.db", [Sale("Anna", "A", on("2026-11-03"), 100_00)])
    scheme = load_scheme(PROJECT / "config" / "segments", name)
    found = told(tmp_path / "sales.db", Past(range(OCTOBER + 1, OCTOBER + 1), 365), scheme)
    assert set(map(len, found.tables.values())) == {0}
