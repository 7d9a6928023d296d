"""The picture that segments and tiers share: bars of customers on the left, of revenue on the right."""

import pandas as pd
from matplotlib.axes import Axes

from rfm_service.locales import Language
from rfm_service.reports.palette import INK
from rfm_service.reports.rollup import Axis, by_class, styles_of
from rfm_service.reports.style import (
    FINDING_ROOM,
    TITLE_SIZE,
    Picture,
    fit,
    label_bars,
    make_page,
    row_size,
    show_shares,
)
from rfm_service.reports.tables import ReportTables

NAME_ROOM = 150  # points


def draw_shares(tables: ReportTables, axis: Axis, language: Language, subtitle: str) -> Picture:
    """Share of customers and share of revenue of every class. The title tells of the class with the most revenue."""
    styles = styles_of(tables.facts, axis)
    sums = by_class(tables, axis)
    best = int(sums["monetary"].to_numpy().argmax())
    figure = make_page(tables.facts, language, _finding(styles[best].title, sums.iloc[best], language), subtitle)
    customers, revenue = figure.subplots(1, 2, sharex=True, sharey=True)
    colors = [style.color for style in styles]
    counts = [language.number(count) for count in sums["customers"]]
    amounts = [language.short_money(amount) for amount in sums["monetary"]]
    _draw_bars(customers, sums["customers_share"], colors, counts, language)
    _draw_bars(revenue, sums["monetary_share"], colors, amounts, language)
    customers.set_title(language.gettext("Share of customers, %"))
    revenue.set_title(language.gettext("Share of revenue, %"))
    size = row_size(len(styles))
    names = [fit(style.title, NAME_ROOM, size) for style in styles]
    customers.set_yticks(range(len(styles)), names, size=size, color=INK)
    customers.invert_yaxis()
    return Picture(figure, {"customers": int(sums["customers"].sum()), "monetary": int(sums["monetary"].sum())})


def _finding(name: str, row: pd.Series, language: Language) -> str:
    return language.gettext("{name}: {customers} of customers, {revenue} of revenue").format(
        name=fit(name, FINDING_ROOM, TITLE_SIZE),
        customers=language.share(row["customers_share"]),
        revenue=language.share(row["monetary_share"]),
    )


def _draw_bars(axes: Axes, shares: pd.Series, colors: list[str], figures: list[str], language: Language) -> None:
    """One bar per class, with its share and its figure behind it."""
    bars = axes.barh(range(len(shares)), shares, color=colors, height=0.7)
    labels = [f"{language.share(share)} · {figure}" for share, figure in zip(shares, figures, strict=True)]
    label_bars(axes, bars, labels)
    axes.margins(x=0.3)
    axes.grid(visible=False, axis="y")
    show_shares(axes.xaxis, language)
