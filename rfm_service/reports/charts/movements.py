"""Why customers moved since the last report."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from rfm_service.locales import Language
from rfm_service.records import Cause
from rfm_service.reports.moved import biggest_pair, by_cause, with_stakes
from rfm_service.reports.palette import BETTER, INK, MUTED, WORSE
from rfm_service.reports.reasons import CAUSE_TITLES, segment_name
from rfm_service.reports.style import (
    FINDING_ROOM,
    LABEL_BOX,
    LABEL_SIZE,
    SMALL_SIZE,
    TITLE_SIZE,
    Picture,
    fit,
    make_note,
    make_page,
)
from rfm_service.reports.tables import ReportTables

COLORS = {-1: WORSE, 0: MUTED, 1: BETTER}
WITH_LEGEND = 0.095  # of the height: below it is room for the legend


def draw(tables: ReportTables, language: Language) -> Picture:
    """Movements by cause: to worse segments on the left, to better ones on the right; customers, and their money."""
    if tables.movements.empty:
        return Picture(_nothing_yet(tables, language), {})
    moved = with_stakes(tables.movements)
    figure = make_page(
        tables.facts,
        language,
        _finding(tables, moved, language),
        language.gettext("Customers in another segment than in the last report, by cause, and their purchases"),
        WITH_LEGEND,
    )
    customers, money = figure.subplots(1, 2, sharey=True)
    _draw_sides(customers, by_cause(moved, "customers"), language.number)
    _draw_sides(money, by_cause(moved, "stake"), language.short_money)
    customers.set_title(language.gettext("Customers"))
    money.set_title(language.gettext("Their purchases inside the horizon, ₽"))
    causes = list(by_cause(moved, "customers").index)
    titles = [language.gettext(CAUSE_TITLES[Cause(cause)]) for cause in causes]
    customers.set_yticks(range(len(causes)), titles, size=LABEL_SIZE, color=INK)
    _name_colors(figure, moved, language)
    return Picture(figure, {})


def _nothing_yet(tables: ReportTables, language: Language) -> Figure:
    return make_note(
        tables.facts,
        language,
        language.gettext("No movements since the last report"),
        language.gettext("Customers in another segment than in the last report"),
        language.gettext(
            "Here stands who went to another segment since the last report, and why: a purchase, silence, an order that"
            " grew too old, a return. The first report has nothing to compare with."
        ),
    )


def _finding(tables: ReportTables, moved: pd.DataFrame, language: Language) -> str:
    pair = biggest_pair(moved)
    before, after = (segment_name(tables.facts, key, language) for key in (pair.before, pair.after))
    return language.gettext("The largest movement: {before} → {after}, {customers}, {money}").format(
        before=fit(before, FINDING_ROOM / 2, TITLE_SIZE),
        after=fit(after, FINDING_ROOM / 2, TITLE_SIZE),
        customers=language.ngettext("{n} customer", "{n} customers", pair.customers),
        money=language.short_money(pair.stake),
    )


def _draw_sides(axes: Axes, table: pd.DataFrame, write: Callable[[int], str]) -> None:
    """One row per cause: what fell to the left of the middle, what rose to the right, behind it what did neither."""
    rows = range(len(table))
    reach = max(int(table[-1].max()), int((table[1] + table[0]).max()))
    for direction, start, sign in ((-1, 0, -1), (1, 0, 1), (0, table[1], 1)):
        axes.barh(rows, sign * table[direction], left=start, color=COLORS[direction], height=0.6)
    for row, (_, values) in zip(rows, table.iterrows(), strict=True):
        fell, rose, neither = (int(values[direction]) for direction in (-1, 1, 0))
        if fell:
            _label(axes, -fell - 0.02 * reach, row, write(fell), "right")
        if rose or neither:
            text = " + ".join(write(value) for value in (rose, neither) if value)
            _label(axes, rose + neither + 0.02 * reach, row, text, "left")
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set_xlim(-1.35 * reach, 1.35 * reach)
    axes.set_ylim(len(table) - 0.4, -0.6)
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)


def _label(axes: Axes, x: float, row: int, text: str, side: str) -> None:
    axes.text(x, row, text, ha=side, va="center", size=SMALL_SIZE, bbox=LABEL_BOX)


def _name_colors(figure: Figure, moved: pd.DataFrame, language: Language) -> None:
    names = {
        -1: language.gettext("to a worse segment"),
        1: language.gettext("to a better segment"),
        0: language.gettext("to one as good"),
    }
    ways = {name: moved[moved["direction"] == way] for way, name in names.items()}
    patches = [
        Patch(color=COLORS[way], label=_sums_told(name, those, language))
        for (name, those), way in zip(ways.items(), names, strict=True)
        if len(those)
    ]
    figure.legend(
        handles=patches,
        loc="lower center",
        bbox_to_anchor=(0.5, 0.05),
        ncols=len(patches),
        frameon=False,
        fontsize=SMALL_SIZE,
    )


def _sums_told(name: str, moved: pd.DataFrame, language: Language) -> str:
    counted = language.ngettext("{n} customer", "{n} customers", len(moved))
    return f"{name}: {counted}, {language.short_money(int(moved['stake'].sum()))}"
