"""Who brings the most."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from rfm_service.locales import Language
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.palette import INK
from rfm_service.reports.style import (
    PAGE_ROOM,
    SMALL_SIZE,
    Picture,
    fit,
    label_bars,
    make_page,
    show_money,
    width_of,
)
from rfm_service.reports.tables import ReportTables

MOST = 50
IN_COLUMN = 25
NAME_ROOM, TITLE_ROOM = 205, 120  # points for a buyer's name, and for a segment's
SMALLEST_SIZE = 6  # of letters that can be read
CHIP = 42  # points that a colour of the legend takes besides its name
WITH_LEGEND = 0.095  # of the height: below it is room for the legend


def draw(tables: ReportTables, language: Language) -> Picture:
    """The largest buyers with what they spent, in the colours of their segments."""
    customers = tables.customers.sort_values(["monetary", "buyer"], ascending=[False, True], kind="stable")
    top = customers.head(MOST)
    total = int(customers["monetary"].sum())
    finding = language.gettext("{buyers}: {revenue} of revenue").format(
        buyers=language.ngettext("The largest buyer", "The {n} largest buyers", len(top)),
        revenue=language.share(top["monetary"].sum() / total),
    )
    top.index = pd.RangeIndex(1, len(top) + 1)
    figure = make_page(
        tables.facts, language, finding, language.gettext("Revenue of the largest buyers, ₽"), WITH_LEGEND
    )
    firsts = range(0, len(top), IN_COLUMN)
    columns = figure.subplots(1, len(firsts), sharex=True, squeeze=False)[0]
    for axes, first in zip(columns, firsts, strict=True):
        _draw_column(axes, top.iloc[first : first + IN_COLUMN], tables.facts.segments, language)
    _name_colors(figure, top, tables.facts.segments)
    return Picture(figure, {"monetary": total})


def _draw_column(axes: Axes, buyers: pd.DataFrame, styles: list[SegmentStyle], language: Language) -> None:
    colors = buyers["segment"].map({style.key: style.color for style in styles})
    bars = axes.barh(buyers.index, buyers["monetary"], color=colors, height=0.7)
    label_bars(axes, bars, [language.short_money(spent) for spent in buyers["monetary"]])
    places = zip(buyers.index, buyers["buyer"], strict=True)
    names = [f"{fit(buyer, NAME_ROOM, SMALL_SIZE)}  {place:>2}" for place, buyer in places]
    axes.set_yticks(buyers.index, names, size=SMALL_SIZE, color=INK)
    axes.set_ylim(buyers.index[0] + IN_COLUMN - 0.5, buyers.index[0] - 0.5)
    axes.margins(x=0.25)
    axes.grid(visible=False, axis="y")
    show_money(axes.xaxis, language, most=3)


def _name_colors(figure: Figure, buyers: pd.DataFrame, styles: list[SegmentStyle]) -> None:
    """One line of colours and names under the bars, unless there are too many to be told apart."""
    present = set(buyers["segment"])
    names = {style.color: fit(style.title, TITLE_ROOM, SMALL_SIZE) for style in styles if style.key in present}
    size = SMALL_SIZE * min(1, PAGE_ROOM / sum(width_of(name, SMALL_SIZE) + CHIP for name in names.values()))
    if size < SMALLEST_SIZE:
        return
    patches = [Patch(color=color, label=name) for color, name in names.items()]
    strip = {"bbox_to_anchor": (0.5, 0.05), "ncols": len(patches), "frameon": False, "fontsize": size}
    figure.legend(handles=patches, loc="lower center", **strip)
