"""The closed months: who was in which segment at their ends, who came, moved and went.

Everything is computed anew from the whole past of the store, because the ERP corrects the past; and only then: as long
as nothing has changed in the closed months, the tables of the last time are used.
"""

import hashlib
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa

from rfm_service import __version__
from rfm_service.analysis.fitting import fit
from rfm_service.analysis.kept import Kept
from rfm_service.analysis.shapes import SHAPES, empty
from rfm_service.clock import Horizon, day_of, first_day_of_month, month_of
from rfm_service.engines import Engine
from rfm_service.engines.opening import opened
from rfm_service.engines.store_reader import StoreReader, reading
from rfm_service.errors import StoreDamaged
from rfm_service.home import Home
from rfm_service.models import model
from rfm_service.receipts import HistoryReceipt
from rfm_service.segmentation.schemes import Scheme, load_scheme
from rfm_service.store.analysis import (
    AnalysisTable,
    analysis_tables,
    every_customer,
    past_purchases,
    past_purchases_twice,
    past_tables,
)
from rfm_service.store.published import published_reports, published_snapshots

ACTIVE_DAYS, AT_RISK_DAYS = 60, 90
"""So long a customer is active after the last purchase, and so long at risk; then churned."""

MEASURES = ("customer_months", "snapshots")
OF_CUSTOMERS = ("cohorts", "churn_months", "before_churn")
OF_SEGMENTS = ("segment_months", "transitions", "revisions", "cohort_segments", "preferences", "category_preferences")
OF_HORIZON = {"line", "document", "return_match", "product"}


class Past(NamedTuple):
    """The closed months of a store: from the first that is there whole, to the last before a reference day."""

    months: range
    horizon_days: int

    @property
    def end(self) -> int:
        """The first day after them."""
        return _first_day(self.months.stop)

    @property
    def last_horizon(self) -> Horizon:
        """The horizon at their end."""
        return Horizon(self.end, self.horizon_days)


def look_back(home: Home, horizon: Horizon, work: Path) -> HistoryReceipt:
    """Leave the tables of the closed months in `work`."""
    scheme = load_scheme(home.schemes, home.settings.segmentation.segments)
    kept = Kept(home.history, OF_CUSTOMERS + OF_SEGMENTS)
    with reading(home.database) as store:
        past = past_of(store, horizon)
        reports = reports_of(store, past)
        key = _key(store, past, scheme, reports)
        is_new = not kept.are_of(key)
        if is_new:
            if past_differs(store, past):
                raise StoreDamaged("{0} is damaged: {1}.", str(home.database), "orders and its index differ")
            with opened(home.settings.engine, home.spill) as engine:
                load_past(engine, store, past)
                load_published(engine, store, reports, scheme)
                kept.keep(key, tables_of(engine, scheme))
    kept.copy_into(work)
    return HistoryReceipt(len(past.months), is_new)


def past_of(store: StoreReader, horizon: Horizon) -> Past:
    """The closed months before a reference day.

    They begin where the store does, or behind its last gap of a whole month; a month whose first day is not there is
    not whole.
    """
    days = set(store.read("SELECT day FROM ledger", ("day",), ()).column("day").to_pylist())
    known, stop = {month_of(day) for day in days}, month_of(horizon.reference_day)
    first = stop
    while first - 1 in known:
        first -= 1
    if first < stop:
        first = first_whole_month(min(day for day in days if month_of(day) >= first))
    return Past(range(first, stop), horizon.length)


def first_whole_month(first_day: int) -> int:
    """The first month that begins on this day or later."""
    return month_of(first_day - 1) + 1


def past_differs(store: StoreReader, past: Past) -> bool:
    """Whether the purchases of the closed months are not what was written: `check_store` looks at the horizon only."""
    own, twice = (store.batches(*table[1:]) for table in past_purchases_twice(past.end))
    return any(some != others for some, others in zip_longest(own, twice))


def load_past(engine: Engine, store: StoreReader, past: Past) -> None:
    """Make known to the engine: the purchases of the closed months and before, goods and cards of the last horizon."""
    tables = [
        past_purchases(past.end),
        every_customer(),
        *(table for table in analysis_tables(past.last_horizon) if table.name in OF_HORIZON),
    ]
    for table in tables:
        engine.make_table(table.name, _read(store, table))
    make_calendar(engine, past)


def reports_of(store: StoreReader, past: Past) -> dict[int, str]:
    """The reports of the first days after the closed months: their runs by reference day."""
    ends = [_first_day(month + 1) for month in past.months]
    found = store.read(*published_reports(ends)).to_pylist()
    return {row["reference_day"]: row["run_id"] for row in found}


def load_published(engine: Engine, store: StoreReader, reports: Mapping[int, str], scheme: Scheme) -> None:
    """Make known to the engine: `published_snapshots`, what these reports said of everybody at a month's end."""
    said = store.read(*published_snapshots(list(reports), scheme.name))
    months = pa.array([month_of(day) - 1 for day in said.column("reference_day").to_pylist()], pa.int64())
    engine.make_table("published_snapshots", said.append_column("month", months))


def make_calendar(engine: Engine, past: Past) -> None:
    """Make known to the engine: the closed months, and every day with purchases before their end.

    calendar: day, its month, and the first month at whose end so much time has passed that the day is behind the
    horizon (left_month), or who bought last on it is at risk (risk_month), or churned (churn_month).
    closed_months: month, and the first day after it (reference_day).
    """
    days = engine.run("SELECT DISTINCT day FROM purchases ORDER BY day").column("day").to_pylist()
    waits = {"month": 0, "left_month": past.horizon_days, "risk_month": ACTIVE_DAYS, "churn_month": AT_RISK_DAYS}
    calendar = {"day": days} | {name: [month_of(day + wait) for day in days] for name, wait in waits.items()}
    months = {"month": list(past.months), "reference_day": [_first_day(month + 1) for month in past.months]}
    for name, columns in {"calendar": calendar, "closed_months": months}.items():
        integers = pa.schema([(column, pa.int64()) for column in columns])
        engine.make_table(name, pa.table(columns, schema=integers))


def tables_of(engine: Engine, scheme: Scheme) -> dict[str, pa.Table]:
    """The report's tables of the closed months. Those of segments are empty under a scheme that knows none for them."""
    for name in MEASURES:
        engine.derive(name, model(name))
    if scheme.fits_snapshots:
        classify_snapshots(engine, scheme)
        engine.derive("customer_products", model("customer_products"))
    of_segments = {name: _filled(engine, name) if scheme.fits_snapshots else empty(name) for name in OF_SEGMENTS}
    return {name: _filled(engine, name) for name in OF_CUSTOMERS} | of_segments


def classify_snapshots(engine: Engine, scheme: Scheme) -> None:
    """Make known to the engine: `classified_snapshots`, the snapshots with the segment that each is in.

    Borders between scores are those of each month.
    """
    months = engine.run("SELECT month FROM closed_months ORDER BY month").column("month").to_pylist()
    if scheme.scores and months:
        classified = pa.concat_tables(_classified_month(engine, scheme, month) for month in months)
        engine.make_table("classified_snapshots", classified)
    else:
        segment = fit(engine, scheme, "snapshots").as_sql()
        engine.derive("classified_snapshots", f"SELECT *, {segment} AS segment FROM snapshots", view=True)


def _classified_month(engine: Engine, scheme: Scheme, month: int) -> pa.Table:
    engine.derive(
        "month_snapshots",
        "SELECT snapshots.*, customer.key FROM snapshots"
        " INNER JOIN customer ON snapshots.customer_id = customer.customer_id WHERE snapshots.month = :month",
        {"month": month},
    )
    fitted = fit(engine, scheme, "month_snapshots")
    return engine.run(f"SELECT *, {fitted.as_sql()} AS segment FROM month_snapshots").drop_columns("key")


def _key(store: StoreReader, past: Past, scheme: Scheme, reports: Mapping[int, str]) -> str:
    """What the tables depend on, as a hash: the closed months, later returns of their sales, reports, how we count."""
    digest = hashlib.sha256()
    for table in past_tables(past.end):
        digest.update(msgspec.json.encode(_read(store, table).to_pydict()))
    models = [model(name) for name in (*MEASURES, "customer_products", *OF_CUSTOMERS, *OF_SEGMENTS)]
    counting = __version__, scheme.sha256, past.horizon_days, past.months.start, past.months.stop, *models
    digest.update(msgspec.json.encode([counting, sorted(reports.items())]))
    return digest.hexdigest()


def _read(store: StoreReader, table: AnalysisTable) -> pa.Table:
    return store.read(table.query, table.integers, table.texts)


def _filled(engine: Engine, name: str) -> pa.Table:
    return engine.run(model(name)).select(SHAPES[name].names).cast(SHAPES[name])


def _first_day(month: int) -> int:
    return day_of(first_day_of_month(month))
