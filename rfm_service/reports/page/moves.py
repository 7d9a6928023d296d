"""This night's movements: how many for which cause, and the largest of them with their reasons."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from rfm_service.locales import Language
from rfm_service.records import Cause
from rfm_service.reports.facts import Facts, SegmentStyle
from rfm_service.reports.page.cards import Card, Chart, chip, later, single
from rfm_service.reports.page.figures import Figure, bare_axis, count_axis
from rfm_service.reports.page.safe import html, label
from rfm_service.reports.palette import BETTER, MUTED, WORSE
from rfm_service.reports.reasons import CAUSE_TITLES, move_of, reason, segment_name
from rfm_service.reports.tables import ReportTables

MOST = 6
ROW = 34  # pixels
SHIFTS = {-1: WORSE, 0: MUTED, 1: BETTER}


def biggest(movements: pd.DataFrame, count: int) -> pd.DataFrame:
    """Those that concern the most money; falls before rises."""
    return movements.sort_values(
        ["direction", "monetary_before", "customer_id"], ascending=[True, False, True], kind="stable"
    ).head(count)


def why(row: Mapping[Any, Any], facts: Facts, language: Language) -> str:
    """What crossed which border, and what brought it there."""
    return reason(move_of(row), facts.last_day - facts.first_day + 1, language)


def moves_card(tables: ReportTables, language: Language) -> Card:
    """Customers that moved, by cause and direction; the largest by name."""
    moves = tables.movements
    if not len(moves):
        return later(
            language.gettext("Who moved tonight"),
            language.gettext(
                "Nobody has changed the segment since the last report."
                " With the first report there is nothing to compare with: the next night tells."
            ),
        )
    fell, rose = int((moves["direction"] < 0).sum()), int((moves["direction"] > 0).sum())
    title = language.gettext("Moved since the last report: {fell} down, {rose} up").format(
        fell=language.number(fell), rose=language.number(rose)
    )
    causes = [cause for cause in CAUSE_TITLES if (moves["cause"] == cause).any()]
    chart = Chart(
        "moves", title, single(_figure(moves, causes, language)), 70 + ROW * len(causes), 80 + ROW * len(causes)
    )
    note = language.gettext("Customers by what moved them: down to the left, up to the right")
    return Card(title, note, (chart,), _list(tables, language))


def _figure(moves: pd.DataFrame, causes: list[Cause], language: Language) -> Figure:
    counts = moves.groupby(["cause", "direction"]).size()
    names = [label(language.gettext(CAUSE_TITLES[cause])) for cause in causes]
    traces, extremes = [], [0]
    for direction, color in SHIFTS.items():
        sums = [int(counts.get((cause.value, direction), 0)) for cause in causes]
        if not any(sums):
            continue
        sizes = [-count if direction < 0 else count for count in sums]
        extremes += sizes
        texts = [language.number(count) if count else "" for count in sums]
        traces.append(
            {
                "type": "bar", "orientation": "h", "y": names, "x": sizes, "marker": {"color": color},
                "text": texts, "textposition": "auto", "hoverinfo": "skip", "textangle": 0, "insidetextanchor": "end",
            }
        )  # fmt: skip
    room = max(map(abs, extremes)) * 0.08
    span = {"range": [min(extremes) - room, max(extremes) + room], "showticklabels": False}
    layout = {
        "barmode": "relative",
        "xaxis": {**count_axis(extremes, language), **span, "showgrid": False},
        "yaxis": bare_axis(autorange="reversed", ticklabelstandoff=6),
    }
    return Figure(traces, layout)


def _list(tables: ReportTables, language: Language) -> str:
    """The largest falls and rises, side by side."""
    moves, styles = tables.movements, {style.key: style for style in tables.facts.segments}
    columns = []
    for title, direction in (
        (language.gettext("The largest that fell"), -1),
        (language.gettext("The largest that rose"), 1),
    ):
        rows = biggest(moves[moves["direction"] == direction], MOST).to_dict("records")
        if rows:
            items = "".join(_item(row, styles, tables.facts, language) for row in rows)
            columns.append(f"<section><h3>{html(title)}</h3><ul>{items}</ul></section>")
    return f'<div class="moves">{"".join(columns)}</div>'


def _item(row: Mapping[Any, Any], styles: dict[str, SegmentStyle], facts: Facts, language: Language) -> str:
    chips = " → ".join(
        chip(styles[key]) if key in styles else html(segment_name(facts, key, language))
        for key in (row["before"], row["after"])
    )
    name, money = html(row["buyer"], 90), html(language.short_money(row["monetary_before"]))
    cause = html(why(row, facts, language))
    return f"<li><b><bdi>{name}</bdi></b> <span>{money}</span><div>{chips}</div><p>{cause}</p></li>"
