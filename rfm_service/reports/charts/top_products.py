"""What sells best."""

import pandas as pd
from matplotlib.axes import Axes

from rfm_service.locales import Language
from rfm_service.reports.palette import ACCENT
from rfm_service.reports.style import Picture, fit, label_bars, make_page, show_counts, show_money
from rfm_service.reports.tables import ReportTables

MOST = 10
NAME_ROOM = 380  # points


def draw(tables: ReportTables, language: Language) -> Picture:
    """The best products by revenue on the left, by the number of orders on the right."""
    products = tables.products
    by_sum = products.sort_values(["monetary", "product"], ascending=[False, True]).head(MOST)
    by_orders = products.sort_values(["orders", "product"], ascending=[False, True]).head(MOST)
    finding = language.gettext("{products}: {revenue} of revenue").format(
        products=language.ngettext("The best product", "The {n} best products", len(by_sum)),
        revenue=language.share(by_sum["monetary"].sum() / products["monetary"].sum()),
    )
    subtitle = language.gettext("The best products by revenue and by the number of orders")
    figure = make_page(tables.facts, language, finding, subtitle)
    revenue, orders = figure.subplots(1, 2)
    _draw_column(revenue, by_sum["product"], by_sum["monetary"], [language.short_money(v) for v in by_sum["monetary"]])
    _draw_column(orders, by_orders["product"], by_orders["orders"], [language.number(v) for v in by_orders["orders"]])
    revenue.set_title(language.gettext("Revenue, ₽"))
    orders.set_title(language.gettext("Orders"))
    show_money(revenue.xaxis, language)
    show_counts(orders.xaxis, language)
    return Picture(figure, {"monetary": int(products["monetary"].sum())})


def _draw_column(axes: Axes, names: pd.Series, values: pd.Series, labels: list[str]) -> None:
    """Thin bars with the name of the product above each."""
    bars = axes.barh(range(len(values)), values, color=ACCENT, height=0.35)
    label_bars(axes, bars, labels)
    for row, name in enumerate(names):
        axes.annotate(fit(name, NAME_ROOM), (0, row - 0.25), xytext=(0, 1), textcoords="offset points", va="bottom")
    axes.set_ylim(max(MOST, len(values)) - 0.5, -0.8)
    axes.set_yticks([])
    axes.margins(x=0.2)
    axes.grid(visible=False)
