"""The pictures of the report, one file each: `draw(tables, language)` gives a figure and the totals it shows."""

from collections.abc import Callable
from pathlib import Path

from rfm_service.locales import Language
from rfm_service.reports.charts import (
    cohorts,
    flows,
    months,
    movements,
    order_items,
    order_sums,
    revenue_at_risk,
    segment_shares,
    segment_tiers,
    segments,
    tiers,
    top_buyers,
    top_products,
)
from rfm_service.reports.style import Picture, look
from rfm_service.reports.tables import ReportTables

CHARTS: dict[str, Callable[[ReportTables, Language], Picture]] = {
    "segments": segments.draw,
    "tiers": tiers.draw,
    "segment_tiers": segment_tiers.draw,
    "months": months.draw,
    "order_sums": order_sums.draw,
    "order_items": order_items.draw,
    "top_buyers": top_buyers.draw,
    "top_products": top_products.draw,
    "movements": movements.draw,
    "flows": flows.draw,
    "segment_shares": segment_shares.draw,
    "cohorts": cohorts.draw,
    "revenue_at_risk": revenue_at_risk.draw,
}

WITHOUT_VERSION = {"Software": None}  # so that equal tables give equal bytes


def draw_charts(tables: ReportTables, folder: Path) -> dict[str, int]:
    """Draw every picture to `<nn>_<name>.png` in `folder`. Returns the totals they show, as `<name>.<measure>`.

    customers, orders and monetary (kopecks) are of all that a picture takes into account, also where it shows only the
    largest. months.orders counts an order in each month in which it was shipped. The pictures of movements and of
    closed months have none: what they show is not of the horizon.
    """
    language = Language(tables.facts.language)
    totals: dict[str, int] = {}
    with look():
        for number, (name, draw) in enumerate(CHARTS.items(), start=1):
            picture = draw(tables, language)
            picture.figure.savefig(folder / f"{number:02}_{name}.png", metadata=WITHOUT_VERSION)
            picture.figure.clear()
            totals |= {f"{name}.{measure}": total for measure, total in picture.totals.items()}
    return totals
