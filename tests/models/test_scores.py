"""Scores beside other tools: pandas, SQL's own NTILE, and a published segment table on real data."""

import csv
import gzip
from collections import Counter
from datetime import datetime
from decimal import Decimal
from math import inf
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from rfm_service.analysis.fitting import fit, missing_scores
from rfm_service.analysis.measuring import calendar_of, classify_measured, measure
from rfm_service.clock import Horizon, day_of
from rfm_service.engines.embedded import Embedded
from rfm_service.locales import Language
from rfm_service.models import model
from rfm_service.segmentation.schemes import Scheme, load_scheme, read_scheme
from tests.conftest import PROJECT
from tests.segmentation.builders import HEAD, SMALL, SMALL_RULE, write

SHIPPED = PROJECT / "config" / "segments"
RETAIL = PROJECT.parent / "shared" / "data" / "online_retail.csv.gz"
AXES = ("recency", "frequency", "monetary")
UNITS = {"recency": 1, "frequency": 1, "monetary": 100}


def scored(folder: Path, method: str, bins: int = 5, edge: str = "above") -> Scheme:
    """A scheme that scores every axis in the same way."""
    axes = "".join(f'[scores.{axis}]\nmethod = "{method}"\nbins = {bins}\nedge = "{edge}"\n' for axis in AXES)
    return read_scheme(write(folder, HEAD + axes + SMALL + SMALL_RULE) / "tiny.toml")


def engine_with(customers: pd.DataFrame) -> Embedded:
    """An engine with measured customers, whose keys are not in the order of their ids."""
    engine = Embedded()
    table = customers.assign(
        customer_id=range(1, len(customers) + 1), key=[f"k{7 * n % 101:03}" for n in customers.index]
    )
    engine.make_table("measured_customers", pa.Table.from_pandas(table, preserve_index=False))
    engine.make_table("customer", pa.Table.from_pandas(table[["customer_id", "key"]], preserve_index=False))
    return engine


def scores(engine: Embedded, scheme: Scheme) -> pd.DataFrame:
    """Every customer's scores, in the order of keys."""
    fitted = fit(engine, scheme)
    columns = ", ".join(f"{fitted.score_as_sql(axis)} AS {axis}" for axis in AXES)
    frame: pd.DataFrame = engine.run(f"SELECT {columns} FROM measured_customers ORDER BY key").to_pandas()
    return frame


def by_key(engine: Embedded) -> pd.DataFrame:
    """The measures in the order of keys."""
    frame: pd.DataFrame = engine.run("SELECT * FROM measured_customers ORDER BY key").to_pandas()
    return frame


tables = st.lists(
    st.tuples(st.integers(1, 365), st.integers(1, 12), st.integers(1, 10**9)), min_size=1, max_size=100
).map(lambda rows: pd.DataFrame(rows, columns=[*AXES]).astype("int64"))
SETTINGS = settings(max_examples=40, deadline=None)


@given(tables, st.integers(3, 10))
@SETTINGS
def test_quantiles_are_those_of_numpy(
    tmp_path_factory: pytest.TempPathFactory, customers: pd.DataFrame, bins: int
) -> None:
    """A score is one more than the number of cut points under the value: of recency, at or above it."""
    engine = engine_with(customers)
    found = scores(engine, scored(tmp_path_factory.mktemp("scheme"), "quantile", bins))
    for axis in AXES:
        values = by_key(engine)[axis]
        shares = [part / bins for part in range(1, bins)]
        cuts = values.quantile(shares, interpolation="linear")
        under = pd.Series([int((cuts + 1e-6 < value).sum()) for value in values])
        assert found[axis].tolist() == (bins - under if axis == "recency" else 1 + under).tolist()


@given(tables, st.integers(3, 10))
@SETTINGS
def test_ranks_are_those_of_pandas(
    tmp_path_factory: pytest.TempPathFactory, customers: pd.DataFrame, bins: int
) -> None:
    engine = engine_with(customers)
    found = scores(engine, scored(tmp_path_factory.mktemp("scheme"), "rank", bins))
    if len(customers) < 2:
        assert found["frequency"].tolist() == [1]
        return
    for axis in AXES:
        ranks = by_key(engine)[axis].rank(method="first")
        expected = pd.qcut(ranks, bins, labels=False) + 1
        assert found[axis].tolist() == (bins + 1 - expected if axis == "recency" else expected).tolist()


@given(tables, st.integers(3, 10))
@SETTINGS
def test_equal_groups_are_those_of_ntile(
    tmp_path_factory: pytest.TempPathFactory, customers: pd.DataFrame, bins: int
) -> None:
    engine = engine_with(customers)
    found = scores(engine, scored(tmp_path_factory.mktemp("scheme"), "ntile", bins))
    for axis in AXES:
        direction = "DESC" if axis == "recency" else "ASC"
        ntile = engine.run(
            f"SELECT NTILE({bins}) OVER (ORDER BY {axis} {direction}, key) AS score"
            " FROM measured_customers ORDER BY key"
        )
        assert found[axis].tolist() == ntile.column("score").to_pylist()


def test_edges_of_quantiles(tmp_path: Path) -> None:
    """Of 10, 20 … 50 the fifths are 18, 26, 34, 42; of 1 … 6 they are 2, 3, 4 and 5 themselves."""
    for values, edge, expected in (
        ([1, 2, 3, 4, 5, 6], "above", [1, 1, 2, 3, 4, 5]),
        ([1, 2, 3, 4, 5, 6], "from", [1, 2, 3, 4, 5, 5]),
        ([1, 2, 3, 4, 5, 6], "one_above", [1, 1, 2, 3, 4, 5]),
        ([10, 20, 30, 40, 50], "above", [1, 2, 3, 4, 5]),
        ([1, 2, 4, 5, 7], "above", [1, 2, 3, 4, 5]),
        ([1, 2, 4, 5, 7], "one_above", [1, 1, 2, 3, 5]),  # the fifths 1.8, 3.2, 4.4, 5.4, and one more
    ):
        engine = engine_with(pd.DataFrame(dict.fromkeys(AXES, values)))
        found = scores(engine, scored(tmp_path, "quantile", 5, edge))["frequency"].tolist()
        assert dict(zip(by_key(engine)["frequency"], found, strict=True)) == dict(zip(values, expected, strict=True))


def test_fixed_cuts(tmp_path: Path) -> None:
    axes = "[scores.recency]\nmethod = 'cuts'\ncuts = [30, 90]\n[scores.frequency]\nmethod = 'cuts'\ncuts = [2, 5]\n"
    axes += "[scores.monetary]\nmethod = 'cuts'\ncuts = [0.5, 10]\n"
    scheme = read_scheme(write(tmp_path, HEAD + axes + SMALL + SMALL_RULE) / "tiny.toml")
    engine = engine_with(
        pd.DataFrame({"recency": [30, 31, 90, 91], "frequency": [1, 2, 4, 5], "monetary": [49, 50, 999, 1000]})
    )
    found = scores(engine, scheme).assign(recency_days=by_key(engine)["recency"]).sort_values("recency_days")
    assert found["recency"].tolist() == [3, 2, 2, 1]
    assert found["frequency"].tolist() == [1, 2, 2, 3]
    assert found["monetary"].tolist() == [1, 2, 2, 3]


def test_ties_are_told(tmp_path: Path) -> None:
    engine = engine_with(pd.DataFrame({axis: [1, 1, 1, 1, 9] for axis in AXES}))
    fitted = fit(engine, scored(tmp_path, "quantile"))
    assert list(missing_scores(engine, fitted, Language("en"))) == [
        f"Size: equal values leave 2 of 5 scores of {name}" for name in ("recency", "frequency", "monetary value")
    ]
    assert list(missing_scores(engine, fit(engine, scored(tmp_path, "ntile")), Language("en"))) == []


def test_nobody(tmp_path: Path) -> None:
    engine = engine_with(pd.DataFrame({axis: pd.Series([], dtype="int64") for axis in AXES}))
    for method in ("quantile", "rank", "ntile"):
        assert scores(engine, scored(tmp_path, method)).empty


@pytest.fixture(scope="module")
def retail() -> Embedded:
    """The customers of the UCI Online Retail set on 11 December 2011: lines with a customer, quantity and price."""
    if not RETAIL.is_file():
        pytest.skip("needs ../shared/data/online_retail.csv.gz")
    invoices: dict[str, int] = {}
    customers: dict[str, int] = {}
    purchases: Counter[tuple[int, int, int]] = Counter()
    with gzip.open(RETAIL, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["CustomerID"] and int(row["Quantity"]) > 0 and float(row["UnitPrice"]) > 0:
                order = invoices.setdefault(row["InvoiceNo"], len(invoices))
                customer = customers.setdefault(row["CustomerID"], len(customers) + 1)
                day = day_of(datetime.fromisoformat(row["InvoiceDate"]))
                purchases[day, customer, order] += round(int(row["Quantity"]) * Decimal(row["UnitPrice"]) * 100)
    columns = zip(*((*key, amount) for key, amount in purchases.items()), strict=True)
    names = ("day", "customer_id", "order_id", "amount")
    horizon = Horizon(day_of(datetime(2011, 12, 11)), 375)
    cards = {"customer_id": list(customers.values()), "key": list(customers)}
    engine = Embedded()
    engine.make_table("purchases", pa.table(dict(zip(names, map(list, columns), strict=True))))
    engine.make_table(
        "customer", pa.table(cards | {name: [""] * len(customers) for name in ("name", "email", "category", "manager")})
    )
    engine.make_table("calendar", calendar_of(horizon))
    measure(engine, horizon)
    return engine


@pytest.fixture(scope="module")
def by_pandas(retail: Embedded) -> pd.DataFrame:
    """The same customers as tutorials measure them, by their keys: nothing of ours has a part in it."""
    lines = pd.read_csv(RETAIL, dtype={"CustomerID": str, "InvoiceNo": str}, parse_dates=["InvoiceDate"])
    lines = lines[lines["CustomerID"].notna() & (lines["Quantity"] > 0) & (lines["UnitPrice"] > 0)]
    tenths = lines["Quantity"] * (lines["UnitPrice"] * 1000).round().astype("int64")
    lines = lines.assign(pence=(tenths / 10).round().astype("int64"), day=lines["InvoiceDate"].dt.normalize())
    customers = lines.groupby("CustomerID").agg(
        first_day=("day", "min"), last_day=("day", "max"), frequency=("InvoiceNo", "nunique"), monetary=("pence", "sum")
    )
    return customers.assign(recency=(pd.Timestamp("2011-12-11") - customers["last_day"]).dt.days)


def test_measures_are_those_of_pandas(retail: Embedded, by_pandas: pd.DataFrame) -> None:
    found = by_key(retail)
    assert found["key"].tolist() == by_pandas.index.tolist()
    for axis in AXES:
        assert found[axis].tolist() == by_pandas[axis].tolist()
    for name in ("first_day", "last_day"):
        assert found[name].tolist() == by_pandas[name].map(day_of).tolist()


@pytest.mark.parametrize("bins", [3, 4, 5, 10])
def test_scores_of_quantiles_are_those_of_qcut(
    retail: Embedded, by_pandas: pd.DataFrame, tmp_path: Path, bins: int
) -> None:
    """A third of the customers have one order: for them the first cut point is the least value.

    There pandas, told to drop what is double, makes one score of those at the least value and those above it.
    """
    found = scores(retail, scored(tmp_path, "quantile", bins))
    assert found["recency"].tolist() == (bins - pd.qcut(by_pandas["recency"], bins, labels=False)).tolist()
    assert found["monetary"].tolist() == (1 + pd.qcut(by_pandas["monetary"], bins, labels=False)).tolist()
    orders = by_pandas["frequency"]
    cuts = orders.quantile([part / bins for part in range(1, bins)]).unique()
    between = pd.cut(orders, [0, *cuts, inf], labels=False)
    assert found["frequency"].rank(method="dense").tolist() == (1 + between).tolist()
    assert (found["frequency"].max(), found["frequency"].nunique()) == (bins, 1 + len(cuts))
    dropped = pd.qcut(orders, bins, labels=False, duplicates="drop")
    assert dropped.tolist() == (between - 1).clip(lower=0).tolist()


@pytest.mark.parametrize("bins", [3, 4, 5, 10])
def test_scores_of_ranks_are_those_of_qcut(
    retail: Embedded, by_pandas: pd.DataFrame, tmp_path: Path, bins: int
) -> None:
    found = scores(retail, scored(tmp_path, "rank", bins))
    for axis in AXES:
        labels = pd.qcut(by_pandas[axis].rank(method="first"), bins, labels=False)
        assert found[axis].tolist() == (bins - labels if axis == "recency" else 1 + labels).tolist()


def test_the_mean_of_frequency_and_money_is_that_of_pandas(retail: Embedded, by_pandas: pd.DataFrame) -> None:
    """The shipped map of eleven segments: a customer's place on it, by the scores that tutorials compute."""
    fitted = fit(retail, load_scheme(SHIPPED, "eleven_segments"))
    values = retail.run(f"SELECT {', '.join(fitted.values_as_sql())} FROM measured_customers ORDER BY key").to_pandas()
    cuts = by_pandas["frequency"].quantile([0.2, 0.4, 0.6, 0.8])
    of_frequency = 1 + pd.Series([int((cuts < orders).sum()) for orders in by_pandas["frequency"]])
    of_money = 1 + pd.qcut(by_pandas["monetary"], 5, labels=False)
    assert (values["fm_score"]).tolist() == (of_frequency + of_money.reset_index(drop=True)).tolist()


def test_the_published_ten_segments(retail: Embedded) -> None:
    """Counts published for this set (distinct invoices, quintiles, frequency ranked): see ../shared/data/README.md."""
    fitted = fit(retail, load_scheme(SHIPPED, "ten_segments"))
    customers = classify_measured(retail, {"segment": fitted})
    assert dict(Counter(customers.column("segment").to_pylist())) == {
        "champions": 633, "loyal": 819, "hibernating": 1071, "at_risk": 593, "potential_loyalists": 484,
        "about_to_sleep": 352, "need_attention": 187, "promising": 94, "cant_lose": 63, "new": 42,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["eleven_segments", "monthly_vip"])
def test_the_other_maps_leave_nobody_out(retail: Embedded, name: str) -> None:
    scheme = load_scheme(SHIPPED, name)
    customers = classify_measured(retail, {"segment": fit(retail, scheme)})
    sizes = Counter(customers.column("segment").to_pylist())
    assert sizes.total() == 4_338
    assert sizes.keys() == {segment.key for segment in scheme.segments}


def test_medians_are_those_of_pandas(retail: Embedded) -> None:
    customers = classify_measured(retail, {"segment": fit(retail, load_scheme(SHIPPED, "ten_segments"))}).to_pandas()
    expected = customers.groupby("segment")[[*AXES]].median()
    for row in retail.run(model("segment_medians")).to_pylist():
        assert [row[f"median_{axis}"] for axis in AXES] == expected.loc[row["segment"]].tolist()
