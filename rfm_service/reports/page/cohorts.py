"""The third tab: customers by the month of their first purchase, what became of them and what they brought."""

from collections.abc import Callable

import pandas as pd

from rfm_service.locales import Language
from rfm_service.reports.closed_months import by_age, cohort_sizes, new_cohorts, share_of_new
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.page.by_month import narrow_months
from rfm_service.reports.page.cards import Card, Chart, Tab, first_close, later, single
from rfm_service.reports.page.figures import (
    SCALE,
    Figure,
    Plain,
    axis,
    bare_axis,
    bottom_legend,
    money_axis,
    month_axis,
    share_axis,
)
from rfm_service.reports.page.safe import label
from rfm_service.reports.palette import ABSENT, ACCENT
from rfm_service.reports.tables import ReportTables

MOST_COHORTS = 24
ROW, NARROW_ROW = 24, 22  # pixels of a cohort
NARROW_AGES = (0, 1, 2, 3, 6, 12, 18)  # of so many the numbers can be read on a phone
YEAR_COLORS = ("#b8cfe6", "#6d9fcf", ACCENT, "#0b2f57")  # the newest year is the darkest
YEAR = 12


def cohorts(tables: ReportTables, language: Language) -> Tab:
    """The tab."""
    title = language.gettext("Cohorts")
    if not len(tables.cohorts):
        empty = (language.gettext("Who stays"), language.gettext("What a customer brings"))
        return Tab("cohorts", title, [later(name, first_close(tables.facts, language)) for name in empty])
    cards = [_retention_card(tables, language), _worth_card(tables, language), _curve_card(tables, language)]
    return Tab("cohorts", title, [*cards, _segments_card(tables, language)])


def _retention_card(tables: ReportTables, language: Language) -> Card:
    """Which part of a cohort bought again, month after month."""
    grid = by_age(tables, "buyers", MOST_COHORTS).drop(columns=0)
    sizes = cohort_sizes(tables, MOST_COHORTS)
    shares = grid.div(sizes, axis=0)
    title = language.gettext("Who stays")
    share = share_of_new(tables, 3, MOST_COHORTS)
    if share is not None:
        title = language.gettext("{share} of new customers buy in the third month after their first purchase").format(
            share=language.share(share)
        )
    figure = _heat(shares, sizes, lambda share: language.number(100 * share), language.share, language)
    note = language.gettext(
        "Per cent of the cohort that bought; rows: month of the first purchase and size, columns: months since"
    )
    return Card(title, note, (_heat_chart("retention", title, {"": figure}, len(grid)),))


def _worth_card(tables: ReportTables, language: Language) -> Card:
    """Revenue per customer of the cohort: month by month, or all of it so far."""
    grid = by_age(tables, "monetary", MOST_COHORTS)
    sizes = cohort_sizes(tables, MOST_COHORTS)
    monthly = grid.div(sizes, axis=0)
    total = monthly.cumsum(axis=1, skipna=False)
    title = language.gettext("Revenue per customer of the cohort")
    thousands = _thousands(language)
    figures = {
        "total": _heat(total, sizes, thousands, lambda sum_: language.short_money(round(sum_)), language),
        "month": _heat(monthly, sizes, thousands, lambda sum_: language.short_money(round(sum_)), language),
    }
    return Card(
        title,
        language.gettext(
            "Thousands of roubles per customer; rows: month of the first purchase and size, columns: months since"
        ),
        (_heat_chart("worth", title, figures, len(grid)),),
        choices={"total": language.gettext("So far"), "month": language.gettext("In the month")},
        chosen="total",
        choose=language.gettext("Measure"),
    )


def _thousands(language: Language) -> Callable[[float], str]:
    return lambda kopecks: language.number(kopecks / 100_000, 0 if abs(kopecks) >= 10_000_00 else 1)


def _heat_chart(name: str, about: str, figures: dict[str, Figure], rows: int) -> Chart:
    return Chart(name, about, figures, 70 + ROW * rows, 60 + NARROW_ROW * rows)


def _heat(
    grid: pd.DataFrame,
    sizes: pd.Series,
    write: Callable[[float], str],
    tell: Callable[[float], str],
    language: Language,
) -> Figure:
    ages = [int(str(age)) for age in grid.columns]
    few = ages if len(ages) <= len(NARROW_AGES) else [age for age in ages if age in NARROW_AGES]
    rows = [
        f"{language.month(cohort)} · {language.number(int(size))}"
        for cohort, size in zip(grid.index, sizes, strict=True)
    ]
    look = {
        "type": "heatmap", "y": list(range(len(rows))), "zmin": 0, "colorscale": SCALE, "showscale": False,
        "xgap": 1, "ygap": 1, "hoverinfo": "text", "hoverongaps": False, "texttemplate": "%{text}",
        "textfont": {"size": 11},
    }  # fmt: skip
    marks = {"tickmode": "array", "tickvals": look["y"], "autorange": "reversed", "ticklabelstandoff": 6}
    layout = {
        "xaxis": bare_axis(**_age_marks(ages), side="top", ticks="", tickangle=0),
        "yaxis": bare_axis(**marks, ticktext=rows),
    }
    return Figure(
        [look | _cells(grid[ages], write, tell, language)],
        layout,
        {"xaxis": _age_marks(few)},
        _cells(grid[few], write, tell, language),
    )


def _age_marks(ages: list[int]) -> Plain:
    return {"tickmode": "array", "tickvals": list(range(len(ages))), "ticktext": [str(age) for age in ages]}


def _cells(
    grid: pd.DataFrame, write: Callable[[float], str], tell: Callable[[float], str], language: Language
) -> Plain:
    """Side by side, whichever months they are of."""
    values = [[None if pd.isna(value) else value for value in row] for row in grid.to_numpy().tolist()]
    return {
        "x": list(range(len(grid.columns))),
        "z": [[None if value is None else round(value, 4) for value in row] for row in values],
        "text": [["" if value is None else write(value) for value in row] for row in values],
        "hovertext": [
            [
                ""
                if value is None
                else f"{language.month(cohort)} + {language.ngettext('{n} month', '{n} months', age)}: {tell(value)}"
                for age, value in zip(map(int, grid.columns), row, strict=True)
            ]
            for cohort, row in zip(grid.index, values, strict=True)
        ],
    }


def _curve_card(tables: ReportTables, language: Language) -> Card:
    """What a new customer has brought so many months after the first purchase, by the year of that purchase."""
    title = language.gettext("What a customer brings")
    grid = new_cohorts(tables, by_age(tables, "monetary", MOST_COHORTS))
    if grid.empty:
        return later(title, first_close(tables.facts, language))
    sizes = cohort_sizes(tables, MOST_COHORTS)
    years = sorted({cohort // YEAR for cohort in grid.index})[-len(YEAR_COLORS) :]
    traces: list[Plain] = []
    finding = ""
    for year, color in zip(years, YEAR_COLORS[-len(years) :], strict=True):
        own = grid[[cohort // YEAR == year for cohort in grid.index]]
        known = own.notna().mul(sizes.reindex(own.index), axis=0).sum()
        curve = (own.sum() / known.where(known > 0)).cumsum(skipna=False).dropna()
        hovers = [
            f"{language.gettext('First purchase in {year}').format(year=year)} + "
            f"{language.ngettext('{n} month', '{n} months', int(str(age)))}: {language.short_money(round(sum_))}"
            for age, sum_ in curve.items()
        ]
        traces.append(
            {
                "type": "scatter", "mode": "lines+markers", "x": curve.index.tolist(), "name": str(year),
                "y": [round(sum_) for sum_ in curve], "line": {"color": color, "width": 2.5}, "marker": {"size": 5},
                "hovertext": hovers, "hoverinfo": "text",
            }
        )  # fmt: skip
        if len(curve) > YEAR // 2:
            finding = language.gettext(
                "Half a year after the first purchase a customer of {year} has brought {sum}"
            ).format(year=year, sum=language.short_money(round(curve.iloc[YEAR // 2])))
    most = max(max(trace["y"]) for trace in traces)
    layout = {
        "showlegend": len(traces) > 1, "legend": bottom_legend(), "margin": {"l": 8, "r": 8, "t": 8, "b": 60},
        "xaxis": axis(tickmode="linear", dtick=3, showgrid=False), "yaxis": money_axis([most], language),
    }  # fmt: skip
    title = finding or title
    note = language.gettext(
        "Cumulative revenue per customer by months since the first purchase; a line per year of it, without those of"
        " the store's first month"
    )
    return Card(title, note, (Chart("curve", title, single(Figure(traces, layout)), 360, 320),))


def _segments_card(tables: ReportTables, language: Language) -> Card:
    """Where the customers of each cohort are now."""
    title = language.gettext("Where the cohorts are now")
    if not len(tables.cohort_segments):
        return later(title, first_close(tables.facts, language))
    sizes = cohort_sizes(tables, MOST_COHORTS)
    months = list(range(int(sizes.index.min()), int(sizes.index.max()) + 1))
    inside = tables.cohort_segments[tables.cohort_segments["segment"] != ""]
    gone = SegmentStyle("", language.gettext("No purchases in the horizon"), "", ABSENT)
    keys = [style.key for style in tables.facts.segments]
    figures = {}
    for measure in ("customers", "monetary"):
        table = inside.pivot_table(index="cohort", columns="segment", values=measure, aggfunc="sum")
        full = table.reindex(index=months, columns=keys).fillna(0).astype("int64")
        if measure == "customers":
            full[""] = (sizes.reindex(months, fill_value=0) - full.sum(axis=1)).clip(lower=0)
        styles = [style for style in (*tables.facts.segments, gone) if style.key in full and full[style.key].any()]
        figures[measure] = _layers(full, styles, measure, language)
    counts = [style for style in tables.facts.segments if inside["segment"].eq(style.key).any()]
    height = (400, 470 + 12 * len(counts))
    return Card(
        title,
        language.gettext("Segments at the last month's end, by month of the first purchase"),
        (Chart("cohort_segments", title, figures, *height),),
        choices={"customers": language.gettext("Customers"), "monetary": language.gettext("Revenue")},
        chosen="customers",
        choose=language.gettext("Measure"),
    )


def _layers(table: pd.DataFrame, styles: list[SegmentStyle], measure: str, language: Language) -> Figure:
    """A column per cohort, as high as a whole, a layer per segment."""
    months = table.index.tolist()
    sums = table.sum(axis=1)
    shares = table.div(sums.where(sums > 0), axis=0).fillna(0)
    write = language.short_money if measure == "monetary" else language.number
    traces = [
        {
            "type": "bar", "x": months, "y": [round(share, 4) for share in shares[style.key]],
            "name": label(style.title, 20), "marker": {"color": style.color},
            "hovertext": [
                f"{language.month(month)}, {label(style.title)}: {write(int(value))} · {language.share(share)}"
                for month, value, share in zip(months, table[style.key], shares[style.key], strict=True)
            ],
            "hoverinfo": "text",
        }
        for style in styles
    ]  # fmt: skip
    layout = {
        "barmode": "stack", "bargap": 0.12, "showlegend": True, "legend": bottom_legend(),
        "margin": {"l": 8, "r": 8, "t": 8, "b": 70},
        "xaxis": month_axis(months, language), "yaxis": share_axis(1, language),
    }  # fmt: skip
    return Figure(traces, layout, narrow_months(months, len(styles), language))
