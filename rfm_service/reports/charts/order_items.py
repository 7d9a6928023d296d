"""How many items an order holds."""

import numpy as np
import numpy.typing as npt

from rfm_service.locales import Language
from rfm_service.reports.palette import ACCENT, WHITE
from rfm_service.reports.style import SMALL_SIZE, Picture, make_page, show_shares
from rfm_service.reports.tables import ReportTables

Items = npt.NDArray[np.int64]

TAIL = 0.01  # of the orders: counted in the last bar
FEWEST_BARS, MOST_BARS = 10, 25


def draw(tables: ReportTables, language: Language) -> Picture:
    """Share of orders by the number of different items. The last bar holds the long tail."""
    items = tables.orders["items"].to_numpy()
    floors = _floors(items)
    edges = [*floors, max(floors[-1], items.max()) + 1]
    shares = np.histogram(items, edges)[0] / len(items)
    subtitle = language.gettext("Orders by the number of different items; the last bar holds all the larger ones")
    figure = make_page(tables.facts, language, _finding(items, language), subtitle)
    axes = figure.subplots()
    bars = axes.bar(range(len(floors)), shares, width=1, color=ACCENT, edgecolor=WHITE, linewidth=2)
    axes.bar_label(bars, [language.share(share) for share in shares], padding=3, size=SMALL_SIZE)
    axes.set_xticks(range(len(floors)), _names(floors))
    axes.set_xlabel(language.gettext("Different items in the order"))
    axes.set_ylabel(language.gettext("Share of orders"))
    axes.grid(visible=False, axis="x")
    show_shares(axes.yaxis, language)
    return Picture(figure, {"orders": len(items)})


def _finding(items: Items, language: Language) -> str:
    middle = int(np.quantile(items, 0.5, method="inverted_cdf"))
    return language.ngettext(
        "Half of the orders hold a single item", "Half of the orders hold {n} different items or fewer", middle
    )


def _floors(items: Items) -> list[int]:
    """The fewest items of each bar: steps that leave the tail to the last bar."""
    last = max(FEWEST_BARS, int(np.quantile(items, 1 - TAIL)) + 1)
    return list(range(1, last + 1, -(-last // MOST_BARS)))


def _names(floors: list[int]) -> list[str]:
    """`1`, `2` … or `1–3`, `4–6` …, and `28+` for the last."""
    step = floors[1] - floors[0]
    names = [str(floor) if step == 1 else f"{floor}–{floor + step - 1}" for floor in floors[:-1]]
    return [*names, f"{floors[-1]}+"]
