"""Whom to call today, and why: a sentence built from facts."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from rfm_service.analysis.shapes import SHAPES
from rfm_service.clock import Horizon
from rfm_service.engines import Engine
from rfm_service.locales import Language
from rfm_service.models import model
from rfm_service.settings import Calls

A_YEAR = {365, 366}


def calls_of(
    engine: Engine, horizon: Horizon, settings: Calls, titles: Mapping[str, str], language: Language
) -> pa.Table:
    """The list for today. `titles` are of the segments. Needs `customers` with their prospects."""
    parameters = {
        "reference_day": horizon.reference_day,
        "soon_days": settings.soon_days,
        "quiet_days": settings.quiet_days,
        "most": settings.most,
    }
    rows = engine.run(model("calls"), parameters).to_pylist()
    columns = SHAPES["calls"]
    told = [row | {"reason": _reason(row, horizon, titles, language)} for row in rows]
    return pa.table({name: [row[name] for row in told] for name in columns.names}, schema=columns)


def _reason(row: Mapping[str, Any], horizon: Horizon, titles: Mapping[str, str], language: Language) -> str:
    """`Falls from Loyal to Risk zone in 3 days; orders every 12 days, silent for 41 days; 1.2M ₽ a year`."""
    days = _days(language, row["fall_day"] - horizon.reference_day)
    if row["fall_segment"]:
        text = language.gettext("Falls from “{0}” to “{1}” in {2}")
        fall = text.format(titles[row["segment"]], titles[row["fall_segment"]], days)
    else:
        fall = language.gettext("Leaves “{0}” in {1}: its last order is getting too old to count").format(
            titles[row["segment"]], days
        )
    rhythm = language.gettext("orders every {0}, silent for {1}").format(
        _days(language, row["order_interval"]), _days(language, row["recency"])
    )
    return "; ".join((fall, rhythm, _money(row["monetary"], horizon.length, language)))


def _money(kopecks: int, length: int, language: Language) -> str:
    if length in A_YEAR:
        return language.gettext("{0} a year").format(language.short_money(kopecks))
    return language.gettext("{0} in {1}").format(language.short_money(kopecks), _days(language, length))


def _days(language: Language, count: int) -> str:
    return language.ngettext("{n} day", "{n} days", count)
