"""How large the orders are."""

from bisect import bisect_left, bisect_right

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from rfm_service.locales import Language
from rfm_service.reports.palette import ACCENT, INK, WHITE
from rfm_service.reports.style import SMALL_SIZE, Picture, make_page, show_shares
from rfm_service.reports.tables import ReportTables

Amounts = npt.NDArray[np.int64]

ROUND_SUMS = [digit * 10**power for power in range(2, 16) for digit in (1, 2, 5)]  # kopecks: 1, 2, 5, 10, 20 … roubles
TAIL = 0.005  # of the orders at either end: counted in the outer bars
MOST_LABELS = 14


def draw(tables: ReportTables, language: Language) -> Picture:
    """Share of orders, and of revenue, by the sum of the order. The steps are round sums."""
    amounts = np.sort(tables.orders["amount"].to_numpy())
    edges = _edges(amounts)
    figure = make_page(tables.facts, language, _finding(amounts, language), _subtitle(amounts, edges, language))
    orders, revenue = figure.subplots(2, 1, sharex=True)
    orders.set_title(language.gettext("Share of orders"))
    revenue.set_title(language.gettext("Share of revenue"))
    _draw_bars(orders, amounts, np.ones_like(amounts), edges, language)
    _draw_bars(revenue, amounts, amounts, edges, language)
    _mark_middle(orders, amounts, language)
    _label_sums(revenue, edges, language)
    return Picture(figure, {"orders": len(amounts), "monetary": int(amounts.sum())})


def _finding(amounts: Amounts, language: Language) -> str:
    smaller = amounts[: (len(amounts) + 1) // 2]
    return language.gettext("The smaller half of the orders, up to {median} each, brings {revenue} of revenue").format(
        median=language.short_money(int(smaller[-1])), revenue=language.share(smaller.sum() / amounts.sum())
    )


def _subtitle(amounts: Amounts, edges: list[int], language: Language) -> str:
    text = language.gettext("Orders by their sum")
    beyond = int(((amounts < edges[0]) | (amounts > edges[-1])).sum())
    if not beyond:
        return text
    note = language.ngettext(
        "the outer bars hold {n} order beyond the scale", "the outer bars hold {n} orders beyond the scale", beyond
    )
    return f"{text}; {note}"


def _edges(amounts: Amounts) -> list[int]:
    """Round sums that hold all orders but the tails."""
    low, high = np.quantile(amounts, [TAIL, 1 - TAIL])
    first = max(0, bisect_right(ROUND_SUMS, low) - 1)
    last = max(first + 1, bisect_left(ROUND_SUMS, high))
    return ROUND_SUMS[first : last + 1]


def _draw_bars(axes: Axes, amounts: Amounts, weights: Amounts, edges: list[int], language: Language) -> None:
    """A bar between every two edges; what is beyond them counts in the outer bars."""
    sums, _ = np.histogram(np.clip(amounts, edges[0], edges[-1]), edges, weights=weights / weights.sum())
    bars = axes.bar(edges[:-1], sums, width=np.diff(edges), align="edge", color=ACCENT, edgecolor=WHITE, linewidth=2)
    axes.bar_label(bars, [language.share(share) for share in sums], padding=3, size=SMALL_SIZE)
    axes.set_xscale("log")
    axes.margins(y=0.2)
    axes.grid(visible=False, axis="x")
    show_shares(axes.yaxis, language)


def _mark_middle(axes: Axes, amounts: Amounts, language: Language) -> None:
    """Where the median and the mean are; their labels stand back to back."""
    marks = [
        (float(np.median(amounts)), language.gettext("median {sum}")),
        (float(amounts.mean()), language.gettext("mean {sum}")),
    ]
    for (middle, text), side in zip(sorted(marks), ("right", "left"), strict=True):
        axes.axvline(middle, color=INK, linewidth=1, linestyle="--")
        label = "  " + text.format(sum=language.short_money(round(middle))) + "  "
        axes.text(middle, 0.97, label, transform=axes.get_xaxis_transform(), ha=side, va="top", size=SMALL_SIZE)


def _label_sums(axes: Axes, edges: list[int], language: Language) -> None:
    shown = edges[:: 1 + len(edges) // MOST_LABELS]
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(shown, [language.short_money(edge) for edge in shown])
    axes.set_xlabel(language.gettext("Sum of the order, ₽"))
