"""Lake → engine → lake: lines in Parquet become orders, customers with their segments, and the closed months.

The store has no part in it: everything is netted and counted where the engine is.
"""

from collections.abc import Callable, Mapping

import pyarrow as pa

from rfm_service.analysis.classifying import fitted_columns
from rfm_service.analysis.history import Past, first_whole_month, make_calendar, tables_of
from rfm_service.analysis.lake_lines import read_lines
from rfm_service.analysis.measuring import calendar_of, classify_measured, measure, require_customers
from rfm_service.clock import Horizon, date_of, month_of
from rfm_service.engines import Engine
from rfm_service.errors import NothingToReport
from rfm_service.home import Home
from rfm_service.kinds import Kind, Verdict
from rfm_service.models import model
from rfm_service.netting import Match
from rfm_service.netting.batches import match_batches
from rfm_service.receipts import LakeReceipt
from rfm_service.segmentation.schemes import load_scheme

OF_THE_PAST = (
    "segment_months",
    "transitions",
    "cohorts",
    "cohort_segments",
    "churn_months",
    "before_churn",
    "preferences",
    "category_preferences",
)
CARDS = """
SELECT customer_id, MAX(customer_key) AS key, MAX(customer) AS name, '' AS email, '' AS category, '' AS manager
FROM lines GROUP BY customer_id
"""
GOODS = """
SELECT product_id, MAX(product) AS name, '' AS feature, MAX(product_category) AS product_category
FROM lines GROUP BY product_id
"""
INSIDE = "day >= :first_day AND day < :reference_day"
SOLD = f"SELECT * FROM lines WHERE kind = {Kind.SALE:d} AND verdict = {Verdict.ACCEPTED:d} AND {INSIDE}"
NOTHING_PUBLISHED = pa.schema([("month", pa.int64()), ("customer_id", pa.int64()), ("segment", pa.string())])

Told = Callable[[str, int], None]


def analyse_lake(
    engine: Engine, home: Home, lines: str, select: str, output: str, reference_day: int | None, told: Told
) -> LakeReceipt:
    """Read lines, write tables into a new folder; `about`, the last of them, says that all are there.

    reference_day: the day after the last purchase unless given. told: hears of every table written, and its rows.
    Raises FileUnusable, FolderUnusable, NothingToReport.
    """
    left_out = read_lines(engine, lines, select)
    net(engine, home.settings.cleaning.gift_below * 100)
    (bounds,) = engine.run("SELECT MIN(day) AS first, MAX(day) AS last FROM all_orders WHERE purchase = 1").to_pylist()
    if bounds["first"] is None:
        raise NothingToReport("There is no purchase in {0}: nothing to report.", lines)
    horizon = Horizon(reference_day or bounds["last"] + 1, home.settings.night.horizon_days)
    _classify(engine, home, horizon)
    write = _Writing(engine, output, told)
    write.table("orders", "all_orders")
    write.table("returns", "return_match")
    write.table("customers")
    write.table("snapshots", _look_back(engine, home, horizon, bounds["first"]))
    for name in OF_THE_PAST:
        write.table(name)
    engine.make_table("about", _about(home, horizon, write.rows))
    engine.write_files("about", f"{output}/about")
    return LakeReceipt(left_out, horizon.reference_day, write.rows)


def net(engine: Engine, gift_below: int) -> None:
    """Make `return_match` and `all_orders` of `lines`: what the store derives when it writes a day. Kopecks."""
    engine.derive("goods_lines", model("goods_lines"), {"gift_below": gift_below}, view=True)
    engine.derive_in_order(
        "return_match",
        "SELECT * FROM goods_lines",
        ("owner_id", "product_id"),
        ("day", "position"),
        match_batches,
        Match._fields,
    )
    engine.derive("all_orders", model("net_orders"))


def _classify(engine: Engine, home: Home, horizon: Horizon) -> None:
    """Make `customers` of `all_orders`: every measure and segment."""
    window = {"first_day": horizon.first, "reference_day": horizon.reference_day}
    engine.derive("customer", CARDS)
    engine.derive("orders", f"SELECT * FROM all_orders WHERE {INSIDE}", window, view=True)
    engine.make_table("calendar", calendar_of(horizon))
    engine.derive("purchases", model("purchases"))
    measure(engine, horizon)
    require_customers(engine, horizon)
    classify_measured(engine, fitted_columns(engine, home))


def _look_back(engine: Engine, home: Home, horizon: Horizon, first_day: int) -> str:
    """Make the tables of the closed months of `all_orders`; the name of the one with the snapshots."""
    first = first_whole_month(first_day)
    past = Past(range(first, max(first, month_of(horizon.reference_day))), horizon.length)
    last = {"first_day": past.last_horizon.first, "reference_day": past.end}
    engine.derive(
        "purchases",
        "SELECT day, customer_id, order_id, amount FROM all_orders WHERE purchase = 1 AND day < :reference_day",
        last,
    )
    engine.derive("sold_lines", SOLD, last, view=True)
    engine.derive("line", "SELECT day, document_id, position, product_id, quantity, amount FROM sold_lines", view=True)
    engine.derive("document", "SELECT DISTINCT document_id, order_id, customer_id FROM sold_lines", view=True)
    engine.derive("product", GOODS)
    engine.make_table("published_snapshots", NOTHING_PUBLISHED.empty_table())
    make_calendar(engine, past)
    scheme = load_scheme(home.schemes, home.settings.segmentation.segments)
    for name, table in tables_of(engine, scheme).items():
        engine.make_table(name, table)
    return "classified_snapshots" if scheme.fits_snapshots else "snapshots"


class _Writing:
    """Tables that go out, and how many rows they had."""

    def __init__(self, engine: Engine, output: str, told: Told) -> None:
        self._engine, self._output, self._told = engine, output, told
        self.rows: dict[str, int] = {}

    def table(self, name: str, source: str = "") -> None:
        """Write a table that the engine knows, under this name."""
        known = source or name
        self._engine.write_files(known, f"{self._output}/{name}")
        (self.rows[name],) = self._engine.run(f"SELECT COUNT(*) AS n FROM {known}").column("n").to_pylist()
        self._told(name, self.rows[name])


def _about(home: Home, horizon: Horizon, rows: Mapping[str, int]) -> pa.Table:
    return pa.table(
        {
            "reference_date": [date_of(horizon.reference_day)],
            "horizon_days": [horizon.length],
            "schemes": [", ".join(home.settings.segmentation.all_schemes)],
            "rows": [", ".join(f"{name} {count}" for name, count in rows.items())],
        }
    )
