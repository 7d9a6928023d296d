"""The page: one file with everything in it, for a browser on a laptop or a phone, without any connection."""

import json
import re
from pathlib import Path
from typing import Any

from rfm_service.locales import Language
from rfm_service.reports.page.by_month import by_month
from rfm_service.reports.page.churn import churn
from rfm_service.reports.page.cohorts import cohorts
from rfm_service.reports.page.document import document
from rfm_service.reports.page.overall import SEGMENT_MEASURES, overall
from rfm_service.reports.tables import ReportTables

KEY_FIGURE = re.compile(r'<data id="(customers|orders|monetary)" value="(-?\d+)">')
FIGURES = re.compile(r'<script type="application/json" id="figures">(.*?)</script>', re.DOTALL)


def write_page(tables: ReportTables, path: Path) -> dict[str, int]:
    """Write the page to `path`. Returns the totals it shows, read back from it as `read_totals` does."""
    language = Language(tables.facts.language)
    tabs = [make(tables, language) for make in (overall, by_month, cohorts, churn)]
    path.write_text(document(tables.facts, tabs, language), encoding="utf-8", newline="\n")
    return read_totals(path)


def read_totals(path: Path) -> dict[str, int]:
    """What a written page shows: the key figures, and the sums of the pictures of segments and months.

    customers and orders are counts, monetary is kopecks; months.orders counts an order in each month in which it was
    shipped.
    """
    text = path.read_text(encoding="utf-8")
    totals = {name: int(value) for name, value in KEY_FIGURE.findall(text)}
    figures = read_figures(text)
    for measure in SEGMENT_MEASURES:
        totals[f"segments.{measure}"] = sum(figures[f"segment_{measure}"][""]["data"][0]["x"])
    for measure in ("monetary", "orders"):
        totals[f"months.{measure}"] = sum(figures[f"months_{measure}"][""]["data"][0]["y"])
    return totals


def read_figures(text: str) -> dict[str, Any]:
    """The figures of a page, by the names of the charts and their choices."""
    found = FIGURES.search(text)
    assert found, "a page holds its figures"
    figures: dict[str, Any] = json.loads(found[1])["figures"]
    return figures
