"""This night's movements: how many for which cause, and the largest of them with their reasons."""

from typing import Any

import msgspec
import pandas as pd

from rfm_service.locales import Language
from rfm_service.records import Cause, Evidence, Kind
from rfm_service.reports.facts import Facts, SegmentStyle
from rfm_service.reports.page.cards import Card, Chart, chip, later, single
from rfm_service.reports.page.figures import Figure, bare_axis, count_axis
from rfm_service.reports.page.safe import html, label
from rfm_service.reports.palette import WORSE, BETTER, MUTED
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.texts import N_

MOST = 6
ROW = 34  # pixels
SHIFTS = {-1: WORSE, 0: MUTED, 1: BETTER}

CAUSES = {
    Cause.BOUGHT: N_("bought"),
    Cause.SILENT: N_("silent for too long"),
    Cause.LEFT_HORIZON: N_("an old order no longer counts"),
    Cause.RETURNED: N_("returned goods"),
    Cause.CORRECTED: N_("corrected in the ERP"),
    Cause.BORDER: N_("the border moved"),
}
MEASURES = {
    "recency": N_("days since the last order"),
    "frequency": N_("orders"),
    "monetary": N_("spent"),
    "order_interval": N_("days between orders"),
    "two_month_sum": N_("two-month sum"),
}
MONEY = {"monetary", "two_month_sum"}
KINDS = {
    Kind.SALE: N_("sale"),
    Kind.RETURN: N_("return"),
    Kind.CORRECTION: N_("correction"),
    Kind.OTHER: N_("document"),
}


def biggest(movements: pd.DataFrame, count: int) -> pd.DataFrame:
    """Those that concern the most money; falls before rises."""
    return movements.sort_values(
        ["direction", "monetary_before", "customer_id"], ascending=[True, False, True], kind="stable"
    ).head(count)


def reason(row: dict[str, Any], facts: Facts, language: Language) -> str:
    """From where to where, why, and what crossed which border, in one line."""
    parts = [_way(row, facts, language), language.gettext(CAUSES[Cause(row["cause"])])]
    if row["measure"]:
        parts.append(_crossing(row, language))
    parts.extend(
        _document(document, language)
        for document in msgspec.json.decode(row["documents"] or "[]", type=list[Evidence])[:1]
    )
    return "; ".join(parts)


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
    causes = [cause for cause in CAUSES if (moves["cause"] == cause).any()]
    chart = Chart(
        "moves", title, single(_figure(moves, causes, language)), 70 + ROW * len(causes), 80 + ROW * len(causes)
    )
    note = language.gettext("Customers by what moved them: down to the left, up to the right")
    return Card(title, note, (chart,), _list(tables, language))


def _figure(moves: pd.DataFrame, causes: list[Cause], language: Language) -> Figure:
    counts = moves.groupby(["cause", "direction"]).size()
    names = [label(language.gettext(CAUSES[cause])) for cause in causes]
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


def _item(row: dict[str, Any], styles: dict[str, SegmentStyle], facts: Facts, language: Language) -> str:
    chips = " → ".join(
        chip(styles[key]) if key in styles else html(_outside(language)) for key in (row["before"], row["after"])
    )
    why = reason(row, facts, language).partition("; ")[2]
    money = language.short_money(row["monetary_before"])
    return f"<li><b><bdi>{html(row['buyer'], 90)}</bdi></b> <span>{html(money)}</span><div>{chips}</div><p>{html(why)}</p></li>"


def _way(row: dict[str, Any], facts: Facts, language: Language) -> str:
    titles = {style.key: style.title for style in facts.segments} | {"": _outside(language)}
    return f"{titles.get(row['before'], row['before'])} → {titles.get(row['after'], row['after'])}"


def _outside(language: Language) -> str:
    return language.gettext("no purchases")


def _crossing(row: dict[str, Any], language: Language) -> str:
    write = language.short_money if row["measure"] in MONEY else language.number
    return language.gettext("{measure}: {before} → {after}, the border is {border}").format(
        measure=language.gettext(MEASURES[row["measure"]]) if row["measure"] in MEASURES else row["measure"],
        before=write(row["value_before"]),
        after=write(row["value_after"]),
        border=write(row["border"]),
    )


def _document(document: Evidence, language: Language) -> str:
    return language.gettext("{kind} {number} of {day}, {sum}").format(
        kind=language.gettext(KINDS[document.kind]),
        number=document.number,
        day=language.day(document.day),
        sum=language.short_money(document.amount),
    )
