"""The fourth tab: who stopped buying, what it costs, how it looked before, and what the segments like."""

from collections.abc import Mapping, Sequence

import pandas as pd

from rfm_service.locales import Language
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.page.by_month import narrow_months
from rfm_service.reports.page.cards import (
    Card,
    Chart,
    Tab,
    chip,
    first_close,
    key_figure,
    key_figures,
    later,
    single,
)
from rfm_service.reports.page.figures import (
    FEW_LABELS,
    Figure,
    Plain,
    bare_axis,
    bottom_legend,
    count_axis,
    money_axis,
    month_axis,
    share_axis,
)
from rfm_service.reports.page.safe import html
from rfm_service.reports.palette import ACCENT, BETTER, WARNING, WORSE
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.texts import N_

MOST_MONTHS = 36
STATES = {
    "active": (N_("Active"), BETTER),
    "at_risk": (N_("At risk"), WARNING),
    "churned": (N_("Churned"), WORSE),
}
FAVOURITES = 5
EVEN = 100  # per cent: as everybody
HARDLY = 105  # per cent; this and less would be written ×1.0


def churn(tables: ReportTables, language: Language) -> Tab:
    """The tab."""
    title = language.gettext("Churn")
    when = first_close(tables.facts, language)
    if len(tables.churn_months):
        months = _months(tables)
        cards = [_figures_card(months, language), _states_card(months, language), *_cost_cards(months, language)]
    else:
        cards = [later(language.gettext("Who stopped buying"), when)]
    return Tab(
        "churn", title, [*cards, _before_card(tables, when, language), _preferences_card(tables, when, language)]
    )


def _months(tables: ReportTables) -> pd.DataFrame:
    """The last months, with `rate`: who churned newly, of those who had not churned a month before."""
    months = tables.churn_months.sort_values("month").set_index("month")
    alive = (months["active"] + months["at_risk"]).shift(1)
    return months.assign(rate=months["newly_churned"] / alive.where(alive > 0)).tail(MOST_MONTHS)


def _figures_card(months: pd.DataFrame, language: Language) -> Card:
    last = months.iloc[-1]
    month = language.month(int(months.index[-1]))
    rate = "–" if pd.isna(last["rate"]) else language.share(last["rate"])
    days = {
        "active": language.gettext("up to 60 days since the last purchase"),
        "at_risk": language.gettext("61 to 90 days"),
        "churned": language.gettext("more than 90 days"),
    }
    figures = [
        *(
            key_figure(language.gettext(title), language.number(int(last[state])), days[state])
            for state, (title, _) in STATES.items()
        ),
        key_figure(language.gettext("Churn rate"), rate, language.gettext("of those who had not churned yet")),
        key_figure(
            language.gettext("Revenue at risk"),
            language.short_money(int(last["at_risk_monetary"])),
            language.gettext("bought in the horizon by those at risk"),
        ),
        key_figure(
            language.gettext("Expected loss"),
            language.short_money(int(last["loss"])),
            language.gettext("next month, at the usual rate"),
        ),
    ]
    gone = language.ngettext("one customer churned", "{n} customers churned", int(last["newly_churned"]))
    return Card(f"{month.capitalize()}: {gone}", body=key_figures(figures))


def _states_card(months: pd.DataFrame, language: Language) -> Card:
    numbers = months[list(STATES)]
    shares = numbers.div(numbers.sum(axis=1).clip(lower=1), axis=0)
    title = language.gettext("Active, at risk, churned")
    figures = {}
    for choice, table in (("count", numbers), ("share", shares)):
        traces = [
            {
                "type": "bar", "x": table.index.tolist(), "y": table[state].tolist(), "name": language.gettext(name),
                "marker": {"color": color},
                "hovertext": [
                    f"{language.gettext(name)}, {language.month(int(month))}: "
                    f"{language.number(int(number))} · {language.share(share)}"
                    for month, number, share in zip(table.index, numbers[state], shares[state], strict=True)
                ],
                "hoverinfo": "text",
            }
            for state, (name, color) in STATES.items()
        ]  # fmt: skip
        scale = count_axis(numbers.sum(axis=1).tolist(), language) if choice == "count" else share_axis(1, language)
        figures[choice] = _monthly(traces, table.index.tolist(), scale, language, barmode="stack", bargap=0.12)
    note = language.gettext("Customers by days since their last purchase, at the end of each month")
    choices = {"count": language.gettext("Customers"), "share": language.gettext("Share")}
    return Card(
        title, note, (Chart("states", title, figures, 360, 340),), choices=choices, chosen="count",
        choose=language.gettext("Measure"),
    )  # fmt: skip


def _cost_cards(months: pd.DataFrame, language: Language) -> list[Card]:
    """The rate on the left, the money on the right."""
    names = [int(month) for month in months.index]
    rates: list[float | None] = [None if pd.isna(rate) else round(rate, 4) for rate in months["rate"]]
    known = [rate for rate in rates if rate is not None]
    line: Plain = {
        "type": "scatter", "mode": "lines+markers", "x": names, "y": rates, "line": {"color": WORSE, "width": 2.5},
        "marker": {"size": 6}, "hoverinfo": "text",
        "hovertext": [
            "" if rate is None else f"{language.month(month)}: {language.share(rate)}"
            for month, rate in zip(names, rates, strict=True)
        ],
    }  # fmt: skip
    rate_title = language.gettext("Churn rate")
    if known:
        rate_title = language.gettext("Churn rate: {last}, on average {mean}").format(
            last=language.share(known[-1]), mean=language.share(sum(known) / len(known))
        )
    money: list[Plain] = []
    for measure, name, color in (
        ("at_risk_monetary", language.gettext("Revenue at risk"), WARNING),
        ("loss", language.gettext("Expected loss"), WORSE),
    ):
        values = [int(value) for value in months[measure]]
        money.append(
            {
                "type": "bar", "x": names, "y": values, "name": name, "marker": {"color": color}, "hoverinfo": "text",
                "hovertext": [
                    f"{name}, {language.month(month)}: {language.short_money(value)}"
                    for month, value in zip(names, values, strict=True)
                ],
            }
        )  # fmt: skip
    rate_axis = {**share_axis(max(known, default=0.1) * 1.1, language), "rangemode": "tozero"}
    money_title = language.gettext("Revenue at risk and expected loss")
    most = max([0, *(value for trace in money for value in trace["y"])])
    return [
        Card(
            rate_title,
            language.gettext("Who churned in the month, of those who had not churned a month before"),
            (
                Chart(
                    "rate", rate_title, single(_monthly([line], names, rate_axis, language, showlegend=False)), 300, 260
                ),
            ),
            half=True,
        ),
        Card(
            money_title,
            language.gettext("What those at risk bought in the horizon; what the usual churn costs next month"),
            (
                Chart(
                    "loss",
                    money_title,
                    single(_monthly(money, names, money_axis([most], language), language)),
                    300,
                    290,
                ),
            ),
            half=True,
        ),
    ]


def _monthly(traces: list[Plain], months: list[int], scale: Plain, language: Language, **layout: object) -> Figure:
    """Traces over months, with a legend under them unless there is one only."""
    legend = {"showlegend": True, "legend": bottom_legend(), "margin": {"l": 8, "r": 8, "t": 8, "b": 60}}
    if len(traces) < 2:
        legend = {}
    narrow = (
        narrow_months(months, len(traces), language) if legend else {"xaxis": month_axis(months, language, FEW_LABELS)}
    )
    axes = {"xaxis": month_axis(months, language), "yaxis": scale}
    return Figure(traces, {**legend, **axes, **layout}, narrow)


def _before_card(tables: ReportTables, when: str, language: Language) -> Card:
    """How those bought who then stopped."""
    title = language.gettext("The last days before churn")
    rows = tables.before_churn
    if not len(rows) or not rows["customers"].sum():
        return later(title, when)
    labels = [language.ngettext("the last day", "the last {n} days", int(days)) for days in rows["days"]]
    people = rows["customers"].clip(lower=1)
    orders = _before_bars(
        labels, (rows["orders"] / people).tolist(), [language.number(value, 2) for value in rows["orders"] / people]
    )
    spent = (rows["monetary"] / people).round().astype("int64").tolist()
    money = _before_bars(labels, spent, [language.short_money(value) for value in spent])
    titles = (language.gettext("Orders per customer"), language.gettext("Revenue per customer"))
    charts = (
        Chart("before_orders", titles[0], single(orders), 190, 180),
        Chart("before_money", titles[1], single(money), 190, 180),
    )
    note = language.gettext(
        "{count} who churned: how many orders and how much revenue in the last days up to the last purchase"
    ).format(count=language.ngettext("One customer", "{n} customers", int(rows["customers"].max())))
    return Card(title, note, charts)


def _before_bars(labels: Sequence[str], values: Sequence[float], texts: list[str]) -> Figure:
    places = list(range(len(labels)))
    most = max([0.0, *values]) or 1
    trace: Plain = {
        "type": "bar", "orientation": "h", "y": places, "x": values, "text": texts, "textposition": "outside",
        "marker": {"color": ACCENT}, "hoverinfo": "skip", "cliponaxis": False,
    }  # fmt: skip
    layout = {
        "xaxis": bare_axis(range=[0, most * 1.3], showticklabels=False),
        "yaxis": bare_axis(
            tickmode="array", tickvals=places, ticktext=list(labels), autorange="reversed", ticklabelstandoff=6
        ),
    }
    return Figure([trace], layout, {"xaxis": {"range": [0, most * 1.7]}})


def _preferences_card(tables: ReportTables, when: str, language: Language) -> Card:
    """What each segment buys more of than the others: categories, where they are known, and products."""
    title = language.gettext("What each segment prefers")
    categories = tables.category_preferences.rename(columns={"product_category": "name"})
    lists = {"": tables.preferences.rename(columns={"product": "name"})}
    if len(categories):
        lists = {language.gettext("Categories"): categories, language.gettext("Products"): lists[""]}
    if not any(map(len, lists.values())):
        return later(title, when)
    sections = "".join(_favourites(lists, style, language) for style in tables.facts.segments)
    note = language.gettext(
        "What has a larger share of the segment's money than of all money, and how many times larger"
    )
    return Card(title, note, body=f'<div class="favourites">{sections}</div>')


def _favourites(lists: Mapping[str, pd.DataFrame], style: SegmentStyle, language: Language) -> str:
    """A segment's own, by the titles of the lists."""
    own = "".join(
        f"{f'<h3>{html(title)}</h3>' if title else ''}<ol>{items}</ol>"
        for title, preferences in lists.items()
        if (items := _items(preferences[preferences["segment"] == style.key], style, language))
    )
    return f"<section>{chip(style)}{own}</section>" if own else ""


def _items(preferences: pd.DataFrame, style: SegmentStyle, language: Language) -> str:
    told = preferences[preferences["index"] > HARDLY]
    ordered = told.sort_values(["index", "monetary", "name"], ascending=[False, False, True])
    rows = ordered.head(FAVOURITES).to_dict("records")
    widest = max([EVEN, *(row["index"] for row in rows)])
    return "".join(
        f"<li><span><bdi>{html(row['name'], 70)}</bdi></span><b>×{language.number(row['index'] / EVEN, 1)}</b>"
        f'<i style="width:{100 * row["index"] / widest:.0f}%;background:{html(style.color)}"></i></li>'
        for row in rows
    )
