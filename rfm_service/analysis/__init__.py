"""Store → engine → models → tables: which models run, in which order."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from pyarrow import feather

from rfm_service.analysis.calls import calls_of
from rfm_service.analysis.doubts import look_alikes, warnings_of
from rfm_service.analysis.prospects import with_prospects
from rfm_service.analysis.shapes import SHAPES, empty
from rfm_service.clock import Horizon, date_of, month_of
from rfm_service.engines import Engine
from rfm_service.engines.embedded import Embedded
from rfm_service.engines.store_reader import reading
from rfm_service.errors import NothingToReport
from rfm_service.locales import Language
from rfm_service.models import model
from rfm_service.records import ClassifyReceipt, Link, SegmentFigure, WaterfallRow
from rfm_service.reports.facts import FACTS, Facts, SegmentStyle
from rfm_service.reports.publish import flush_files
from rfm_service.segmentation.schemes import Scheme, load_schemes
from rfm_service.settings import Calls, Home, Settings
from rfm_service.store.analysis import analysis_tables

MEASURES = ("purchases", "customer_metrics", "order_intervals", "two_month_sums", "measured_customers")
REPORT_TABLES = {
    "segment_tiers": "segment_tiers",
    "months": "months",
    "orders": "order_sizes",
    "products": "product_totals",
    "corrected_days": "corrected_days",
}
"""Names of the report's files, and the models that fill them."""


def classify(home: Home, run_id: str, horizon: Horizon, work: Path) -> ClassifyReceipt:
    """Classify every customer with a purchase inside the horizon; leave the report's tables in `work`.

    Raises NothingToReport when there is none.
    """
    schemes = load_schemes(home.schemes, home.settings.segmentation)
    engine = Embedded()
    load_store(engine, home.database, horizon)
    customers = classified(engine, horizon, *schemes)
    if not customers.num_rows:
        raise NothingToReport(
            "There is no purchase from {0} to {1}: nothing to report."
            " Check that the ERP's service returns sales, and [cleaning] in the settings.",
            date_of(horizon.first).isoformat(),
            date_of(horizon.last).isoformat(),
        )
    customers = with_prospects(engine, horizon, schemes[0])
    tables = {name: engine.run(model(source)) for name, source in REPORT_TABLES.items()}
    language = Language(home.settings.language)
    titles = {segment.key: segment.title.told(language.code) for segment in schemes[0].segments}
    calls = calls_of(engine, horizon, home.settings.calls, titles, language)
    receipt = _receipt(engine, horizon, tables["segment_tiers"], schemes, language, calls, home.settings.calls)
    facts = _facts(receipt, run_id, horizon, schemes, home.settings, _links(engine, horizon))
    tables |= {name: empty(name) for name in SHAPES} | {"calls": calls}
    _write(work, {"customers": customers, "look_alikes": look_alikes(engine), **tables}, facts)
    return receipt


def load_store(engine: Engine, database: Path, horizon: Horizon) -> None:
    """Make the store's tables known to the engine, cut to the horizon, and a calendar of its days."""
    with reading(database) as store:
        for table in analysis_tables(horizon):
            engine.make_table(table.name, store.read(table.query, table.integers, table.texts))
    engine.make_table("calendar", _calendar(horizon))


def classified(engine: Engine, horizon: Horizon, segments: Scheme, tiers: Scheme) -> pa.Table:
    """One row per customer with every measure, its segment and its tier; the largest amounts first."""
    for name in MEASURES:
        engine.make_table(name, engine.run(model(name), {"reference_day": horizon.reference_day}))
    customers = engine.run(
        f"SELECT *, {segments.as_sql()} AS segment, {tiers.as_sql()} AS tier"
        " FROM measured_customers ORDER BY monetary DESC, buyer"
    )
    engine.make_table("customers", customers)
    return customers


def _calendar(horizon: Horizon) -> pa.Table:
    days = list(horizon.days)
    months = [month_of(day) for day in days]
    return pa.table({"day": days, "month": months, "month_pair": [month % 12 // 2 for month in months]})


def _receipt(
    engine: Engine,
    horizon: Horizon,
    sizes: pa.Table,
    schemes: tuple[Scheme, Scheme],
    language: Language,
    calls: pa.Table,
    wanted: Calls,
) -> ClassifyReceipt:
    window = {"first_day": horizon.first, "reference_day": horizon.reference_day}
    steps = engine.run(model("waterfall"), window).to_pylist()
    ledger = engine.run("SELECT day, sha256, rules FROM ledger ORDER BY day")
    segments, tiers = schemes
    rows = sizes.to_pylist()
    return ClassifyReceipt(
        customers=sum(row["customers"] for row in rows),
        orders=sum(row["orders"] for row in rows),
        monetary=sum(row["monetary"] for row in rows),
        segments=_figures(segments, "segment", rows, language.code),
        tiers=_figures(tiers, "tier", rows, language.code),
        waterfall=[WaterfallRow(row["title"], row["lines"], row["amount"]) for row in steps],
        warnings=warnings_of(engine, horizon, language),
        scheme_hash=hashlib.sha256("".join(scheme.sha256 for scheme in schemes).encode()).hexdigest()[:12],
        fingerprint=hashlib.sha256(str(ledger.to_pylist()).encode()).hexdigest()[:12],
        called=calls.column("customer_id").to_pylist(),
        called_money=sum(calls.column("money_at_risk").to_pylist()),
        **_falling(engine, horizon, wanted.soon_days),
    )


def _falling(engine: Engine, horizon: Horizon, soon_days: int) -> dict[str, int]:
    """How many customers fall soon, and how much money is at risk with them."""
    rows = engine.run(
        "SELECT CAST(COUNT(*) AS BIGINT) AS falling, CAST(COALESCE(SUM(money_at_risk), 0) AS BIGINT) AS falling_money"
        " FROM customers WHERE fall_day > :reference_day AND fall_day <= :reference_day + :soon_days",
        {"reference_day": horizon.reference_day, "soon_days": soon_days},
    )
    return dict(rows.to_pylist()[0])


def _links(engine: Engine, horizon: Horizon) -> list[WaterfallRow]:
    window = {"first_day": horizon.first, "reference_day": horizon.reference_day}
    rows = engine.run(model("return_links"), window).to_pylist()
    return [WaterfallRow(Link(row["link"]).name.lower(), row["lines"], row["amount"]) for row in rows]


def _figures(scheme: Scheme, column: str, rows: list[dict[str, Any]], language: str) -> list[SegmentFigure]:
    return [
        SegmentFigure(
            segment.key,
            segment.title.told(language),
            sum(row["customers"] for row in rows if row[column] == segment.key),
            sum(row["monetary"] for row in rows if row[column] == segment.key),
        )
        for segment in scheme.segments
    ]


def _facts(
    receipt: ClassifyReceipt,
    run_id: str,
    horizon: Horizon,
    schemes: tuple[Scheme, Scheme],
    settings: Settings,
    links: list[WaterfallRow],
) -> Facts:
    segments, tiers = schemes
    language = settings.language
    return Facts(
        run_id=run_id,
        reference_day=horizon.reference_day,
        first_day=horizon.first,
        last_day=horizon.last,
        language=language,
        segment_title=segments.title.told(language),
        tier_title=tiers.title.told(language),
        segments=_styles(segments, language),
        tiers=_styles(tiers, language),
        waterfall=receipt.waterfall,
        links=links,
        warnings=receipt.warnings,
        scheme_hash=receipt.scheme_hash,
        fingerprint=receipt.fingerprint,
        soon_days=settings.calls.soon_days,
        quiet_days=settings.calls.quiet_days,
    )


def _styles(scheme: Scheme, language: str) -> list[SegmentStyle]:
    return [
        SegmentStyle(segment.key, segment.title.told(language), segment.advice.told(language), segment.color)
        for segment in scheme.segments
    ]


def _write(work: Path, tables: dict[str, pa.Table], facts: Facts) -> None:
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name, table in tables.items():
        feather.write_feather(table, work / f"{name}.arrow")
    (work / FACTS).write_bytes(msgspec.json.encode(facts))
    flush_files(work.iterdir())
