"""Customers on any past day, by the sales as they are known today."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from rfm_service.analysis.fitting import fit, missing_scores
from rfm_service.analysis.measuring import classify_measured, load_store, measure, require_customers
from rfm_service.clock import Horizon
from rfm_service.engines import Engine
from rfm_service.engines.opening import embedded
from rfm_service.home import Home
from rfm_service.locales import Language
from rfm_service.models import model
from rfm_service.receipts import ExtractReceipt, FrozenReceipt, Move, PreviewReceipt, ScoreStart, SegmentSummary
from rfm_service.reports.extract import WRITERS, require_place, write_extract
from rfm_service.reports.publish import write_whole
from rfm_service.segmentation.conditions import MEASURES
from rfm_service.segmentation.fitted import FittedScheme
from rfm_service.segmentation.schemes import Scheme, read_scheme

TABLE_OF_SCORES = re.compile(r"^\[scores\.(\w+)\]\n.*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"^name\s*=.*$", re.MULTILINE)

CARD = ("key", "buyer", "manager", "email", "category")
DAYS = ("first_day", "last_day")


def extract(home: Home, horizon: Horizon, scheme: Scheme, output: Path) -> ExtractReceipt:
    """Write every customer's measures, scores and segment to a file; its ending says which kind.

    Raises NothingToReport, FileUnusable.
    """
    require_place(output, WRITERS)
    language = Language(home.settings.language)
    with _measured(home, horizon) as engine:
        fitted = fit(engine, scheme)
        classify_measured(engine, {"segment": fitted})
        write_extract(_with_titles(engine, fitted, language), DAYS, output)
        summary = engine.run(model("segment_medians")).to_pylist()
        missing = list(missing_scores(engine, fitted, language))
    titles = {segment.key: segment.title.told(language.code) for segment in scheme.segments}
    order = list(titles)
    rows = [
        SegmentSummary(title=titles[row["segment"]], **row)
        for row in sorted(summary, key=lambda row: order.index(row["segment"]))
    ]
    starts = {
        axis: [ScoreStart(border.value, bool(border.customer_id)) for border in fitted.borders[axis]]
        for axis in fitted.scored_axes
    }
    return ExtractReceipt(rows, starts, missing)


def preview(home: Home, horizon: Horizon, current: Scheme, proposed: Scheme) -> PreviewReceipt:
    """Who would be where, if another scheme took the place of the current one. Raises NothingToReport."""
    with _measured(home, horizon) as engine:
        classify_measured(engine, {"before": fit(engine, current), "after": fit(engine, proposed)})
        rows = engine.run(model("scheme_moves")).to_pylist()
    titles = [
        {segment.key: segment.title.told(home.settings.language) for segment in scheme.segments}
        for scheme in (current, proposed)
    ]
    return PreviewReceipt(
        [Move(titles[0][row["before"]], titles[1][row["after"]], row["customers"], row["monetary"]) for row in rows]
    )


def freeze(home: Home, horizon: Horizon, source: Path, output: Path) -> FrozenReceipt:
    """Write a scheme that keeps the borders which another one's scores have on a day.

    Raises NothingToReport, FileUnusable, ConfigurationError when the written file cannot be read back as a scheme.
    """
    require_place(output, [".toml"])
    with _measured(home, horizon) as engine:
        fitted = fit(engine, read_scheme(source))
    text = TABLE_OF_SCORES.sub(lambda found: _frozen_scores(fitted, found[1]), source.read_text(encoding="utf-8"))
    write_whole(output, NAME.sub(f'name = "{output.stem}"', text, count=1).encode())
    frozen = read_scheme(output)
    return FrozenReceipt({axis: score.cuts for axis, score in frozen.scores.items()})


@contextmanager
def _measured(home: Home, horizon: Horizon) -> Iterator[Engine]:
    with embedded(home.settings.engine, home.spill) as engine:
        load_store(engine, home.database, horizon)
        measure(engine, horizon)
        require_customers(engine, horizon)
        yield engine


def _with_titles(engine: Engine, fitted: FittedScheme, language: Language) -> pa.Table:
    titles = pa.table(
        {
            "segment": [segment.key for segment in fitted.scheme.segments],
            "title": [segment.title.told(language.code) for segment in fitted.scheme.segments],
        }
    )
    engine.make_table("titles", titles)
    measures = (*fitted.values_as_sql(), "average_order", *DAYS)
    return engine.run(
        f"SELECT {', '.join((*CARD, *measures))}, customers.segment, titles.title"
        " FROM customers INNER JOIN titles ON customers.segment = titles.segment"
        " ORDER BY customers.monetary DESC, customers.key"
    )


def _frozen_scores(fitted: FittedScheme, axis: str) -> str:
    cuts = sorted(border.value / MEASURES[axis] for border in fitted.borders[axis])
    written = ", ".join(f"{cut:.2f}".rstrip("0").rstrip(".") for cut in cuts)
    return f'[scores.{axis}]\nmethod = "cuts"\ncuts = [{written}]\n\n'
