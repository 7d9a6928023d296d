"""Store → engine → models → tables: which models run, in which order."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import feather

from rfm_service.analysis.calls import calls_of
from rfm_service.analysis.classifying import classify_store
from rfm_service.analysis.doubts import look_alikes, warnings_of
from rfm_service.analysis.fitting import missing_scores
from rfm_service.analysis.movements import find_movements
from rfm_service.analysis.prospects import with_prospects
from rfm_service.analysis.record import leave_record
from rfm_service.analysis.shapes import SHAPES, empty
from rfm_service.clock import Horizon, date_of
from rfm_service.engines import Engine
from rfm_service.engines.opening import opened
from rfm_service.engines.store_reader import reading
from rfm_service.errors import NothingToReport
from rfm_service.home import Home
from rfm_service.kinds import Link
from rfm_service.locales import Language
from rfm_service.models import model
from rfm_service.receipts import ClassifyReceipt, SegmentFigure, WaterfallRow
from rfm_service.reports.facts import FACTS, Facts, SchemeStyle, SegmentStyle
from rfm_service.reports.publish import flush_files
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.segmentation.schemes import Scheme
from rfm_service.settings import Settings

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
    with opened(home.settings.engine, home.spill) as engine:
        return classify_on(engine, home, run_id, horizon, work)


def classify_on(engine: Engine, home: Home, run_id: str, horizon: Horizon, work: Path) -> ClassifyReceipt:
    """The same, on an engine that is open."""
    language = Language(home.settings.language)
    customers, columns = classify_store(engine, home, horizon)
    if not customers.num_rows:
        raise NothingToReport(
            "There is no purchase from {0} to {1}: nothing to report."
            " Check that the ERP's service returns sales, and [cleaning] in the settings.",
            date_of(horizon.first).isoformat(),
            date_of(horizon.last).isoformat(),
        )
    with reading(home.database) as store:
        movements = find_movements(engine, store, horizon, columns)
    own_movements = movements.filter(pc.equal(movements["scheme"], home.settings.segmentation.segments))
    segments = columns["segment"].scheme
    customers = with_prospects(engine, horizon, segments)
    titles = {segment.key: segment.title.told(language.code) for segment in segments.segments}
    tables = {name: engine.run(model(source)) for name, source in REPORT_TABLES.items()}
    tables |= {name: empty(name) for name in SHAPES}
    tables |= {
        "movements": own_movements,
        "calls": calls_of(engine, horizon, home.settings.calls, titles, language),
    }
    receipt = _receipt(engine, horizon, columns, tables, home.settings)
    facts = _facts(receipt, run_id, horizon, columns, home.settings, _links(engine, horizon))
    _write(work, {"customers": customers, "look_alikes": look_alikes(engine), **tables}, facts)
    leave_record(work, customers, movements, columns)
    flush_files(path for path in work.rglob("*") if path.is_file())
    return receipt


def _receipt(
    engine: Engine,
    horizon: Horizon,
    columns: Mapping[str, FittedScheme],
    tables: Mapping[str, pa.Table],
    settings: Settings,
) -> ClassifyReceipt:
    window = {"first_day": horizon.first, "reference_day": horizon.reference_day}
    steps = engine.run(model("waterfall"), window).to_pylist()
    ledger = engine.run("SELECT day, sha256, rules FROM ledger ORDER BY day")
    rows = tables["segment_tiers"].to_pylist()
    movements = tables["movements"].to_pylist()
    language = Language(settings.language)
    hashes = "".join(fitted.scheme.sha256 for fitted in columns.values())
    few = (text for fitted in columns.values() for text in missing_scores(engine, fitted, language))
    return ClassifyReceipt(
        customers=sum(row["customers"] for row in rows),
        orders=sum(row["orders"] for row in rows),
        monetary=sum(row["monetary"] for row in rows),
        segments=_figures(columns["segment"].scheme, "segment", rows, language.code),
        tiers=_figures(columns["tier"].scheme, "tier", rows, language.code),
        rose=sum(movement["direction"] > 0 for movement in movements),
        fell=sum(movement["direction"] < 0 for movement in movements),
        causes=dict(Counter(movement["cause"] for movement in movements)),
        waterfall=[WaterfallRow(row["title"], row["lines"], row["amount"]) for row in steps],
        warnings=[*warnings_of(engine, horizon, language), *few],
        scheme_hash=hashlib.sha256(hashes.encode()).hexdigest()[:12],
        fingerprint=hashlib.sha256(str(ledger.to_pylist()).encode()).hexdigest()[:12],
        called=tables["calls"].column("customer_id").to_pylist(),
        called_money=sum(tables["calls"].column("money_at_risk").to_pylist()),
        **_falling(engine, horizon, settings.calls.soon_days),
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
    columns: Mapping[str, FittedScheme],
    settings: Settings,
    links: list[WaterfallRow],
) -> Facts:
    segments, tiers, *_ = (fitted.scheme for fitted in columns.values())
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
        others=[
            SchemeStyle(column, fitted.scheme.title.told(language), _styles(fitted.scheme, language))
            for column, fitted in list(columns.items())[2:]
        ],
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
