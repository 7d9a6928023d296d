"""How many items an order holds."""

import numpy as np

from rfm_service.locales import Language
from rfm_service.reports.order_bars import Numbers, draw_order_bars
from rfm_service.reports.style import Picture, make_page
from rfm_service.reports.tables import ReportTables

FEWEST = np.array([1, 2, 3, 4, 5, 6, 8, 11, 16, 21, 31, 51, 76, 101, 151, 201, 301, 501, 1001])  # items of each step
TAIL = 0.01  # of the orders: counted in the last bar


def draw(tables: ReportTables, language: Language) -> Picture:
    """Share of orders, and of revenue, by the number of different items. The last bar holds the long tail."""
    items, amounts = tables.orders["items"].to_numpy(), tables.orders["amount"].to_numpy()
    steps = np.searchsorted(FEWEST, items, "right") - 1
    last = int(np.quantile(steps, 1 - TAIL, method="higher"))
    names = _names(last, int(items.max()))
    subtitle = language.gettext("Orders by the number of different items")
    figure = make_page(tables.facts, language, _finding(items, language), subtitle)
    _, revenue = draw_order_bars(figure, np.clip(steps, 0, last), amounts, last + 1, language)
    revenue.set_xticks(np.arange(last + 1) + 0.5, names)
    revenue.set_xlabel(language.gettext("Different items in the order"))
    return Picture(figure, {"orders": len(items), "monetary": int(amounts.sum())})


def _finding(items: Numbers, language: Language) -> str:
    middle = int(np.quantile(items, 0.5, method="inverted_cdf"))
    return language.ngettext(
        "Half of the orders hold a single item", "Half of the orders hold {n} different items or fewer", middle
    )


def _names(last: int, most: int) -> list[str]:
    """`1`, `2` … `6–7`, `8–10` …: the fewest and the most items of every step up to `last`, which goes up to `most`."""
    highs = [*(FEWEST[1 : last + 1] - 1).tolist(), most]
    spans = zip(FEWEST[: last + 1].tolist(), highs, strict=True)
    return [str(low) if low == high else f"{low}–{high}" for low, high in spans]
