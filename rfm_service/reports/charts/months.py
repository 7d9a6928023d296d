"""How the year went, month by month."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes

from rfm_service.locales import Language
from rfm_service.reports.horizon_months import best_month, months_of
from rfm_service.reports.palette import ACCENT, INK, PALE
from rfm_service.reports.style import PAGE_ROOM, Picture, label_bars, make_page, show_counts, show_money
from rfm_service.reports.tables import ReportTables

MOST_LABELS = 16
ROOM = 0.9 * PAGE_ROOM  # points: the axis of values takes the rest


def draw(tables: ReportTables, language: Language) -> Picture:
    """Revenue, orders and buyers of every month. A month that the horizon cuts is paler and has a star."""
    months = months_of(tables)
    figure = make_page(tables.facts, language, best_month(months, language), _subtitle(months, language))
    revenue, orders, buyers = figure.subplots(3, 1, sharex=True, height_ratios=[2, 1, 1])
    _draw_bars(revenue, months, "monetary", language.short_money)
    _draw_bars(orders, months, "orders", language.number)
    _draw_bars(buyers, months, "buyers", language.number)
    revenue.set_title(language.gettext("Revenue, ₽"))
    orders.set_title(language.gettext("Orders"))
    buyers.set_title(language.gettext("Buyers"))
    show_money(revenue.yaxis, language)
    show_counts(orders.yaxis, language)
    show_counts(buyers.yaxis, language)
    _name_months(buyers, months, language)
    return Picture(figure, {"monetary": int(months["monetary"].sum()), "orders": int(months["orders"].sum())})


def _subtitle(months: pd.DataFrame, language: Language) -> str:
    if months["whole"].all():
        return language.gettext("Revenue, orders and buyers by month")
    return language.gettext("Revenue, orders and buyers by month; * not the whole month")


def _draw_bars(axes: Axes, months: pd.DataFrame, measure: str, write: Callable[[int], str]) -> None:
    colors = months["whole"].map({True: ACCENT, False: PALE})
    bars = axes.bar(range(len(months)), months[measure], color=colors, width=0.75)
    if len(months) <= MOST_LABELS:
        label_bars(axes, bars, [write(value) for value in months[measure]], room=ROOM / len(months))
    axes.margins(x=0.01, y=0.22)
    axes.grid(visible=False, axis="x")


def _name_months(axes: Axes, months: pd.DataFrame, language: Language) -> None:
    step = 1 + len(months) // MOST_LABELS
    names = [
        language.month(month).replace(" ", "\n") + ("" if whole else "*")
        for month, whole in zip(months.index, months["whole"], strict=True)
    ]
    axes.set_xticks(range(0, len(names), step), names[::step], color=INK)
