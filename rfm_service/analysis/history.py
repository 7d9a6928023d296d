"""The closed months: who was in which segment at their ends, who came, moved and went.

The ERP corrects the past. As long as nothing has changed in the closed months, the tables of the last time are used;
else segments are computed anew from the first month on that has changed, and the rest from the whole past.
"""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from inspect import getsource
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from rfm_service import __version__, clock
from rfm_service.analysis import fitting
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
from rfm_service.segmentation import fitted as fitted_schemes
from rfm_service.segmentation.schemes import Scheme, load_scheme
from rfm_service.store.analysis import (
    AnalysisTable,
    analysis_tables,
    every_customer,
    forgotten_customers,
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
OF_MONTHS = {"churn_months", "segment_months", "transitions", "revisions"}
"""Of these, what stands in the rows of a month depends on nothing that was bought after it."""
FINGERPRINTS = "fingerprints"
CODE = (sys.modules[__name__], fitting, fitted_schemes, clock)
"""Whatever counts, besides the models."""

OF_HORIZON = {"line", "document", "return_match", "product"}
TABLES = OF_CUSTOMERS + OF_SEGMENTS


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
    kept = Kept(home.history, (*TABLES, FINGERPRINTS))
    with reading(home.database) as store:
        past = past_of(store, horizon)
        reports = reports_of(store, past)
        counting = _counting(store, past, scheme)
        key = _key(store, past, reports, counting)
        since = past.months.stop
        if not kept.are_of(key):
            known = kept.tables()
            with opened(home.settings.engine, home.spill) as engine:
                fingerprints = _fingerprints(load_purchases(engine, store, past), reports, counting)
                since = _first_that_differs(fingerprints, known, past.months.stop - 1)
                if past_differs(store, past, since):
                    raise StoreDamaged("{0} is damaged: {1}.", str(home.database), "orders and its index differ")
                load_past(engine, store, past, since)
                load_published(engine, store, [day for day in reports if day > _first_day(since)], scheme)
                kept.keep(key, {**_joined(known, tables_of(engine, scheme), since), FINGERPRINTS: fingerprints})
    kept.copy_into(work, TABLES)
    return HistoryReceipt(len(past.months), sum(month >= since for month in past.months))


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


def past_differs(store: StoreReader, past: Past, month: int) -> bool:
    """Whether the purchases since a month are not what was written: `check_store` looks at the horizon only."""
    own, twice = (store.batches(*table[1:]) for table in past_purchases_twice(_first_day(month), past.end))
    return any(some != others for some, others in zip_longest(own, twice))


def load_purchases(engine: Engine, store: StoreReader, past: Past) -> dict[int, str]:
    """Make known to the engine the purchases of the closed months and before: the SHA-256 of those of each month."""
    purchases = _read(store, past_purchases(past.end))
    engine.make_table("purchases", purchases)
    days = purchases.column("day").to_numpy()
    months = range(min([past.months.start, *map(month_of, days[:1].tolist())]), past.months.stop)
    starts = days.searchsorted([_first_day(month) for month in (*months, past.months.stop)]).tolist()
    return {
        month: _sha256_of(purchases.slice(first, stop - first))
        for month, (first, stop) in zip(months, pairwise(starts), strict=True)
    }


def load_past(engine: Engine, store: StoreReader, past: Past, since: int = 0) -> None:
    """Make known to the engine: goods of the last horizon, everybody's cards, and a calendar (`make_calendar`)."""
    tables = [every_customer(), *(table for table in analysis_tables(past.last_horizon) if table.name in OF_HORIZON)]
    for table in tables:
        engine.make_table(table.name, _read(store, table))
    make_calendar(engine, past, since)


def reports_of(store: StoreReader, past: Past) -> dict[int, str]:
    """The reports of the first days after the closed months: their runs by reference day."""
    ends = [_first_day(month + 1) for month in past.months]
    found = store.read(*published_reports(ends)).to_pylist()
    return {row["reference_day"]: row["run_id"] for row in found}


def load_published(engine: Engine, store: StoreReader, days: Sequence[int], scheme: Scheme) -> None:
    """Make known to the engine: `published_snapshots`, what the reports of these days said of everybody."""
    said = store.read(*published_snapshots(days, scheme.name))
    months = pa.array([month_of(day) - 1 for day in said.column("reference_day").to_pylist()], pa.int64())
    engine.make_table("published_snapshots", said.append_column("month", months))


def make_calendar(engine: Engine, past: Past, since: int = 0) -> None:
    """Make known to the engine: the closed months, and every day with purchases before their end.

    calendar: day, its month, and the first month at whose end so much time has passed that the day is behind the
    horizon (left_month), or who bought last on it is at risk (risk_month), or churned (churn_month).
    closed_months: month, and the first day after it (reference_day). snapshot_months: of them those to compute
    segments of, with the month before, from where customers came.
    """
    days = engine.run("SELECT DISTINCT day FROM purchases ORDER BY day").column("day").to_pylist()
    waits = {"month": 0, "left_month": past.horizon_days, "risk_month": ACTIVE_DAYS, "churn_month": AT_RISK_DAYS}
    calendar = {"day": days} | {name: [month_of(day + wait) for day in days] for name, wait in waits.items()}
    months = {"month": list(past.months), "reference_day": [_first_day(month + 1) for month in past.months]}
    recent = [month for month in past.months if month >= since - 1]
    snapshots = {"month": recent, "reference_day": [_first_day(month + 1) for month in recent]}
    for name, columns in {"calendar": calendar, "closed_months": months, "snapshot_months": snapshots}.items():
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
    months = engine.run("SELECT month FROM snapshot_months ORDER BY month").column("month").to_pylist()
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


def _key(store: StoreReader, past: Past, reports: Mapping[int, str], counting: bytes) -> str:
    """What the tables depend on, as a hash: the closed months, later returns of their sales, reports, how we count."""
    digest = hashlib.sha256(counting)
    for table in past_tables(past.end):
        digest.update(msgspec.json.encode(_read(store, table).to_pydict()))
    digest.update(msgspec.json.encode([past.months.stop, sorted(reports.items())]))
    return digest.hexdigest()


def _counting(store: StoreReader, past: Past, scheme: Scheme) -> bytes:
    """How we count, whatever was bought: ties between ranks are broken by keys, which change when one is forgotten."""
    models = [model(name) for name in (*MEASURES, "customer_products", *TABLES)]
    code = [getsource(module) for module in CODE]
    forgotten = _read(store, forgotten_customers()).to_pydict()
    return msgspec.json.encode(
        [__version__, code, models, scheme.sha256, past.horizon_days, past.months.start, forgotten]
    )


def _fingerprints(purchases: Mapping[int, str], reports: Mapping[int, str], counting: bytes) -> pa.Table:
    """What the rows of each month depend on, besides the months before it."""
    made_of = (
        msgspec.json.encode([bought, reports.get(_first_day(month + 1), "")]) for month, bought in purchases.items()
    )
    return pa.table({"month": [*purchases], "sha256": [hashlib.sha256(counting + one).hexdigest() for one in made_of]})


def _first_that_differs(fingerprints: pa.Table, known: Mapping[str, pa.Table], last: int) -> int:
    """The first month whose purchases or report are not what the known tables were made of; at the latest, the last."""
    now, then = map(_by_month, (fingerprints, known.get(FINGERPRINTS, fingerprints.slice(0, 0))))
    return min([last, *(month for month in now.keys() | then.keys() if now.get(month) != then.get(month))])


def _by_month(fingerprints: pa.Table) -> dict[int, str]:
    return dict(zip(fingerprints["month"].to_pylist(), fingerprints["sha256"].to_pylist(), strict=True))


def _joined(known: Mapping[str, pa.Table], computed: Mapping[str, pa.Table], since: int) -> dict[str, pa.Table]:
    """The computed tables; in those of months, the rows before this one as they were known."""
    joined = dict(computed)
    for name in OF_MONTHS & known.keys():
        before = known[name].filter(pc.less(known[name]["month"], since))
        after = computed[name].filter(pc.greater_equal(computed[name]["month"], since))
        joined[name] = pa.concat_tables([before, after]).combine_chunks()
    return joined


def _sha256_of(table: pa.Table) -> str:
    """Of the integers of its columns."""
    digest = hashlib.sha256()
    for column in table.columns:
        digest.update(column.to_numpy().tobytes())
    return digest.hexdigest()


def _read(store: StoreReader, table: AnalysisTable) -> pa.Table:
    return store.read(table.query, table.integers, table.texts)


def _filled(engine: Engine, name: str) -> pa.Table:
    return engine.run(model(name)).select(SHAPES[name].names).cast(SHAPES[name])


def _first_day(month: int) -> int:
    return day_of(first_day_of_month(month))
