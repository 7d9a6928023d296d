"""The picture that the two pictures of orders share: their number above, their revenue below, in the same steps."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rfm_service.locales import Language
from rfm_service.reports.palette import ACCENT, WHITE
from rfm_service.reports.style import label_bars, show_shares

Numbers = npt.NDArray[np.int64]


def draw_order_bars(
    figure: Figure, steps: Numbers, amounts: Numbers, count: int, language: Language
) -> tuple[Axes, Axes]:
    """Share of orders, and of revenue, in each of `count` steps; step i stands between i and i + 1 of the x axis.

    steps, amounts: one per order: its step, counted from 0, and its sum in kopecks.
    """
    orders, revenue = figure.subplots(2, 1, sharex=True)
    orders.set_title(language.gettext("Share of orders, %"))
    revenue.set_title(language.gettext("Share of revenue, %"))
    for axes, weights in ((orders, np.ones_like(amounts)), (revenue, amounts)):
        shares = np.bincount(steps, weights, minlength=count) / weights.sum()
        bars = axes.bar(np.arange(count) + 0.5, shares, width=1, color=ACCENT, edgecolor=WHITE, linewidth=2)
        label_bars(axes, bars, [language.share(share) for share in shares])
        axes.margins(x=0.02, y=0.25)
        axes.grid(visible=False, axis="x")
        show_shares(axes.yaxis, language)
    return orders, revenue
