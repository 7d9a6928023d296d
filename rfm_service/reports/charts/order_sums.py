"""How large the orders are."""

from bisect import bisect_left, bisect_right

import numpy as np
from matplotlib.axes import Axes

from rfm_service.locales import Language
from rfm_service.reports.order_bars import Numbers, draw_order_bars
from rfm_service.reports.palette import INK
from rfm_service.reports.style import LABEL_BOX, SMALL_SIZE, Picture, make_page
from rfm_service.reports.tables import ReportTables

ROUND_SUMS = [digit * 10**power for power in range(2, 16) for digit in (1, 2, 5)]  # kopecks: 1, 2, 5, 10, 20 … roubles
TAIL = 0.005  # of the orders at either end: counted in the outer bars


def draw(tables: ReportTables, language: Language) -> Picture:
    """Share of orders, and of revenue, by the sum of the order. The steps are round sums."""
    amounts = np.sort(tables.orders["amount"].to_numpy())
    edges = _edges(amounts)
    steps = np.clip(np.searchsorted(edges, amounts, "right") - 1, 0, len(edges) - 2)
    figure = make_page(tables.facts, language, _finding(amounts, language), _subtitle(amounts, edges, language))
    orders, revenue = draw_order_bars(figure, steps, amounts, len(edges) - 1, language)
    _mark_middle(orders, amounts, edges, language)
    revenue.set_xticks(range(len(edges)), [language.short_money(edge) for edge in edges])
    revenue.set_xlabel(language.gettext("Sum of the order, ₽"))
    return Picture(figure, {"orders": len(amounts), "monetary": int(amounts.sum())})


def _finding(amounts: Numbers, language: Language) -> str:
    smaller = amounts[: (len(amounts) + 1) // 2]
    return language.gettext("The smaller half of the orders, up to {median} each, brings {revenue} of revenue").format(
        median=language.short_money(int(smaller[-1])), revenue=language.share(smaller.sum() / amounts.sum())
    )


def _subtitle(amounts: Numbers, edges: list[int], language: Language) -> str:
    text = language.gettext("Orders by their sum")
    beyond = int(((amounts < edges[0]) | (amounts > edges[-1])).sum())
    if not beyond:
        return text
    note = language.ngettext(
        "the outer bars hold {n} order beyond the scale", "the outer bars hold {n} orders beyond the scale", beyond
    )
    return f"{text}; {note}"


def _edges(amounts: Numbers) -> list[int]:
    """Round sums that hold all orders but the tails."""
    low, high = np.quantile(amounts, [TAIL, 1 - TAIL])
    first = max(0, bisect_right(ROUND_SUMS, low) - 1)
    last = max(first + 1, bisect_left(ROUND_SUMS, high))
    return ROUND_SUMS[first : last + 1]


def _mark_middle(axes: Axes, amounts: Numbers, edges: list[int], language: Language) -> None:
    """Where the median and the mean are; their labels stand back to back."""
    marks = [
        (float(np.median(amounts)), language.gettext("median {sum}")),
        (float(amounts.mean()), language.gettext("mean {sum}")),
    ]
    for (middle, text), side in zip(sorted(marks), ("right", "left"), strict=True):
        place = np.interp(np.log(middle), np.log(edges), range(len(edges)))
        label = f"  {text.format(sum=language.short_money(round(middle)))}  "
        axes.axvline(place, color=INK, linewidth=1, linestyle="--", zorder=1.5)
        axes.text(
            place, 0.98, label, transform=axes.get_xaxis_transform(), ha=side, va="top", size=SMALL_SIZE, bbox=LABEL_BOX
        )
