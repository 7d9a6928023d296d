"""How much money is about to leave, month by month."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rfm_service.locales import Language
from rfm_service.reports.closed_months import churn_by_month
from rfm_service.reports.month_axis import MOST_NAMES, name_months
from rfm_service.reports.palette import MUTED, WARNING, WORSE
from rfm_service.reports.style import (
    PAGE_ROOM,
    Picture,
    label_bars,
    make_note,
    make_page,
    show_money,
    show_shares,
)
from rfm_service.reports.tables import ReportTables

MOST = 36  # months
ROOM = 0.9 * PAGE_ROOM  # points: the axis of values takes the rest


def draw(tables: ReportTables, language: Language) -> Picture:
    """Purchases of the customers at risk, the loss expected from it, and the share of customers that churned."""
    churn = churn_by_month(tables).tail(MOST)
    if churn.empty:
        return Picture(_nothing_yet(tables, language), {})
    months = range(int(churn["month"].iloc[0]), int(churn["month"].iloc[-1]) + 1)
    churn = churn.set_index("month").reindex(months).fillna({"at_risk_monetary": 0, "loss": 0})
    subtitle = language.gettext(
        "At risk: last purchase 61 to 90 days before the month's end; churned: more than 90 days before it"
    )
    figure = make_page(tables.facts, language, _finding(churn, language), subtitle, months=months)
    risk, loss, rate = figure.subplots(3, 1, sharex=True, height_ratios=[2, 1.2, 1.2])
    _draw_bars(risk, churn["at_risk_monetary"], WARNING, language.short_money)
    _draw_bars(loss, churn["loss"], WORSE, language.short_money)
    _draw_bars(rate, churn["rate"], MUTED, language.share)
    risk.set_title(language.gettext("Purchases of the customers at risk, ₽"))
    loss.set_title(language.gettext("Loss expected in the month after, ₽"))
    rate.set_title(language.gettext("Churned in the month, % of the customers at its beginning"))
    show_money(risk.yaxis, language)
    show_money(loss.yaxis, language, most=3)
    show_shares(rate.yaxis, language)
    name_months(rate, months, language)
    return Picture(figure, {})


def _nothing_yet(tables: ReportTables, language: Language) -> Figure:
    return make_note(
        tables.facts,
        language,
        language.gettext("The money at risk by month appears after the first closed month"),
        language.gettext("What customers who fell silent had bought, and the loss to expect"),
        language.gettext(
            "Here will stand, month by month, how much money the customers bring who have not bought for 61 to 90 days,"
            " how much of it is likely to be lost, and how many customers are gone. The first bar comes when a whole"
            " month of sales is closed."
        ),
    )


def _finding(churn: pd.DataFrame, language: Language) -> str:
    last = churn.iloc[-1]
    return language.gettext("{month}: {risk} at risk, a loss of {loss} to expect").format(
        month=language.month(int(str(last.name))).capitalize(),
        risk=language.short_money(int(last["at_risk_monetary"])),
        loss=language.short_money(int(last["loss"])),
    )


def _draw_bars(axes: Axes, values: pd.Series, color: str, write: Callable[[int], str]) -> None:
    """One bar per month; none, and no figure, where it is not known. Of many months only the last has a figure."""
    bars = axes.bar(range(len(values)), values.fillna(0), color=color, width=0.75)
    labels = ["" if unknown else write(value) for value, unknown in zip(values, values.isna(), strict=True)]
    if len(values) > MOST_NAMES:
        label_bars(axes, bars, [*[""] * (len(labels) - 1), labels[-1]])
    else:
        label_bars(axes, bars, labels, room=ROOM / len(values))
    axes.margins(x=0.01, y=0.25)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_visible(bool(values.max() > 0))
    axes.grid(visible=False, axis="x")
