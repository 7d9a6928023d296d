"""The second tab: how the months went, how the segments grew and shrank, who went where."""

from collections.abc import Callable

import pandas as pd

from rfm_service.locales import Language
from rfm_service.reports.closed_months import revenue_per_customer
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.horizon_months import best_month, months_of
from rfm_service.reports.page.cards import Card, Chart, Tab, first_close, later, single
from rfm_service.reports.page.figures import (
    FEW_LABELS,
    MOST_LABELS,
    SHORT_LENGTH,
    Figure,
    Plain,
    bottom_legend,
    count_axis,
    money_axis,
    month_axis,
    share_axis,
)
from rfm_service.reports.page.flows import flows_card
from rfm_service.reports.page.safe import label
from rfm_service.reports.palette import ACCENT, PALE
from rfm_service.reports.tables import ReportTables

MOST_MONTHS = 36
LEGEND_ROW = 24  # pixels


def by_month(tables: ReportTables, language: Language) -> Tab:
    """The tab."""
    cards = [*_year_cards(tables, language), _sizes_card(tables, language), _arpu_card(tables, language)]
    return Tab("months", language.gettext("By month"), [*cards, flows_card(tables, language)])


def _year_cards(tables: ReportTables, language: Language) -> list[Card]:
    """Revenue, orders and buyers of the horizon's months; those that it cuts are paler."""
    months = months_of(tables)
    cut = language.gettext("; paler: not the whole month") if not months["whole"].all() else ""
    return [
        _year_card(
            months, "monetary", best_month(months, language), language.gettext("Revenue by month") + cut, language
        ),
        _year_card(months, "orders", language.gettext("Orders"), language.gettext("Orders by month") + cut, language),
        _year_card(months, "buyers", language.gettext("Buyers"), language.gettext("Buyers by month") + cut, language),
    ]


def _year_card(months: pd.DataFrame, measure: str, title: str, note: str, language: Language) -> Card:
    is_money = measure == "monetary"
    write = language.short_money if is_money else language.number
    names = list(months.index)
    values = months[measure].tolist()
    trace: Plain = {
        "type": "bar", "x": names, "y": values,
        "marker": {"color": months["whole"].map({True: ACCENT, False: PALE}).tolist()},
        "hovertext": [f"{language.month(month)}: {write(value)}" for month, value in zip(names, values, strict=True)],
        "hoverinfo": "text",
    }  # fmt: skip
    layout = {
        "xaxis": month_axis(names, language),
        "yaxis": money_axis(values, language) if is_money else count_axis(values, language, 4),
    }
    narrow = {"xaxis": month_axis(names, language, FEW_LABELS)}
    height = 300 if is_money else 230
    chart = Chart(f"months_{measure}", title, single(Figure([trace], layout, narrow)), height, 230)
    return Card(title, note, (chart,), half=not is_money)


def _sizes_card(tables: ReportTables, language: Language) -> Card:
    """How many customers each segment had at the months' ends, or which part."""
    if not len(tables.segment_months):
        return later(language.gettext("Segments over time"), first_close(tables.facts, language))
    table = _by_segment(tables, "customers")
    styles = [style for style in tables.facts.segments if table[style.key].any()]
    choices = {"count": language.gettext("Customers"), "share": language.gettext("Share")}
    shares = table.div(table.sum(axis=1).clip(lower=1), axis=0)
    figures = {
        "count": _stack(table, styles, language.number, language),
        "share": _stack(shares, styles, language.share, language),
    }
    title = _change(table, styles, language)
    chart = Chart("segment_sizes", title, figures, 430, 470)
    note = language.gettext("Customers by segment at the end of each month")
    return Card(title, note, (chart,), choices=choices, chosen="count", choose=language.gettext("Measure"))


def _by_segment(tables: ReportTables, measure: str) -> pd.DataFrame:
    """Months down, segments across, zeros where nobody is."""
    table = tables.segment_months.pivot_table(index="month", columns="segment", values=measure, aggfunc="sum")
    newest = int(table.index.max())
    months = range(max(int(table.index.min()), newest - MOST_MONTHS + 1), newest + 1)
    keys = [style.key for style in tables.facts.segments]
    full: pd.DataFrame = table.reindex(index=months, columns=keys).fillna(0).astype("int64")
    return full


def _change(table: pd.DataFrame, styles: list[SegmentStyle], language: Language) -> str:
    """What changed most since a year ago, or since the first month there is."""
    if len(table) < 2:
        return language.gettext("Segments over time")
    then = table.iloc[max(0, len(table) - 13)]
    now = table.iloc[-1]
    style = max(styles, key=lambda style: abs(int(now[style.key]) - int(then[style.key])))
    return language.gettext("{name}: {before} → {after} customers since {month}").format(
        name=style.title,
        before=language.number(int(then[style.key])),
        after=language.number(int(now[style.key])),
        month=language.month(int(then.name)),  # type: ignore[call-overload]
    )


def _stack(
    table: pd.DataFrame, styles: list[SegmentStyle], write: Callable[[float], str], language: Language
) -> Figure:
    """A column per month, a layer per segment, the best one at the bottom."""
    months = table.index.tolist()
    is_share = bool((table.sum(axis=1) <= 1.000001).all())
    traces = [
        {
            "type": "bar", "x": months, "y": table[style.key].tolist(), "name": label(style.title, SHORT_LENGTH + 5),
            "marker": {"color": style.color},
            "hovertext": [
                f"{label(style.title)}, {language.month(month)}: {write(value)}"
                for month, value in zip(months, table[style.key].tolist(), strict=True)
            ],
            "hoverinfo": "text",
        }
        for style in styles
    ]  # fmt: skip
    sums = table.sum(axis=1).tolist()
    layout = {
        "barmode": "stack", "bargap": 0.12, "showlegend": True, "legend": bottom_legend(),
        "margin": {"l": 8, "r": 8, "t": 8, "b": 70},
        "xaxis": month_axis(months, language),
        "yaxis": share_axis(1, language) if is_share else count_axis(sums, language),
    }  # fmt: skip
    return Figure(traces, layout, narrow_months(months, len(styles), language))


def narrow_months(months: list[int], legend: int, language: Language) -> Plain:
    """On a phone fewer months are named, and the legend takes a line for two of its entries."""
    return {
        "xaxis": month_axis(months, language, FEW_LABELS),
        "margin": {"l": 4, "r": 4, "t": 8, "b": 40 + LEGEND_ROW * -(-legend // 2)},
    }


def _arpu_card(tables: ReportTables, language: Language) -> Card:
    """Revenue of the month per customer, by segment."""
    title = language.gettext("Revenue per customer, by segment")
    if not len(tables.segment_months):
        return later(title, first_close(tables.facts, language))
    arpu = revenue_per_customer(_by_segment(tables, "monetary"), _by_segment(tables, "customers")).round()
    months = arpu.index.tolist()
    styles = [style for style in tables.facts.segments if arpu[style.key].notna().any()]
    traces = [
        {
            "type": "scatter", "mode": "lines+markers" if len(months) <= MOST_LABELS else "lines", "x": months,
            "y": [None if pd.isna(value) else int(value) for value in arpu[style.key]],
            "name": label(style.title, SHORT_LENGTH + 5), "line": {"color": style.color, "width": 2.5},
            "hovertext": [
                f"{label(style.title)}, {language.month(month)}: {language.short_money(int(value))}" if value else ""
                for month, value in zip(months, arpu[style.key].fillna(0), strict=True)
            ],
            "hoverinfo": "text", "connectgaps": False,
        }
        for style in styles
    ]  # fmt: skip
    most = float(arpu.max().max()) if styles else 0
    layout = {
        "showlegend": True, "legend": bottom_legend(), "hovermode": "closest",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 70},
        "xaxis": month_axis(months, language), "yaxis": money_axis([most], language),
    }  # fmt: skip
    chart = Chart("arpu", title, single(Figure(traces, layout, narrow_months(months, len(styles), language))), 380, 430)
    if styles:
        now = arpu.iloc[-1].dropna()
        best = next((style for style in styles if len(now) and style.key == now.idxmax()), None)
        if best:
            title = language.gettext("{name}: {sum} per customer in {month}").format(
                name=best.title, sum=language.short_money(int(now[best.key])), month=language.month(months[-1])
            )
    note = language.gettext("Revenue of the month per customer of the segment at its end, whether they bought or not")
    return Card(title, note, (chart,))
