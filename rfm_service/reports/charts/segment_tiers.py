"""Segments against tiers."""

import numpy as np
import numpy.typing as npt
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm, to_hex

from rfm_service.locales import Language
from rfm_service.reports.facts import Facts
from rfm_service.reports.palette import ACCENT, INK, WHITE, readable_ink
from rfm_service.reports.rollup import cross
from rfm_service.reports.style import FINDING_ROOM, POINTS, TITLE_SIZE, WIDTH, Picture, fit, make_page, row_size
from rfm_service.reports.tables import ReportTables

Figures = npt.NDArray[np.int64]
Labels = npt.NDArray[np.object_]

NAME_ROOM = 130  # points
TWO_LINES = 14  # rows at most that leave room for the revenue under the number of customers


def draw(tables: ReportTables, language: Language) -> Picture:
    """How many customers each pair of segment and tier has, and their revenue; with totals."""
    customers, monetary = (cross(tables, measure).to_numpy() for measure in ("customers", "monetary"))
    finding = _finding(tables.facts, customers, monetary, language)
    subtitle = language.gettext("Customers and revenue by segment and tier; the darker, the more customers")
    figure = make_page(tables.facts, language, finding, subtitle)
    axes = figure.subplots()
    labels = _labels(_with_totals(customers), _with_totals(monetary), language)
    _draw_heat(axes, customers, labels)
    _write_totals(axes, labels)
    _name_axes(axes, tables.facts, language)
    return Picture(figure, {"customers": int(customers.sum()), "monetary": int(monetary.sum())})


def _finding(facts: Facts, customers: Figures, monetary: Figures, language: Language) -> str:
    """The pair with the most revenue."""
    row, column = divmod(int(monetary.argmax()), monetary.shape[1])
    return language.gettext("{segment} × {tier}: {customers} of customers, {revenue} of revenue").format(
        segment=fit(facts.segments[row].title, FINDING_ROOM / 2, TITLE_SIZE),
        tier=fit(facts.tiers[column].title, FINDING_ROOM / 2, TITLE_SIZE),
        customers=language.share(customers[row, column] / customers.sum()),
        revenue=language.share(monetary[row, column] / monetary.sum()),
    )


def _with_totals(table: Figures) -> Figures:
    across = np.column_stack([table, table.sum(axis=1)])
    return np.vstack([across, across.sum(axis=0)])


def _labels(customers: Figures, monetary: Figures, language: Language) -> Labels:
    """The number of customers, and under it their revenue where the rows are high enough. Nothing where nobody is."""
    line = "{0}\n{1}" if len(customers) <= TWO_LINES else "{0}"
    texts = [
        line.format(language.number(count), language.short_money(amount)) if count else ""
        for count, amount in zip(customers.ravel().tolist(), monetary.ravel().tolist(), strict=True)
    ]
    return np.array(texts, dtype=object).reshape(customers.shape)


def _draw_heat(axes: Axes, customers: Figures, labels: Labels) -> None:
    """The body in colour, and beside and below it room for the totals."""
    rows, columns = labels.shape
    sns.heatmap(
        customers,
        ax=axes,
        annot=labels[:-1, :-1],
        fmt="",
        annot_kws={"size": row_size(rows)},
        cmap=sns.light_palette(ACCENT, as_cmap=True),
        norm=PowerNorm(0.5, vmin=0, vmax=customers.max()),
        cbar=False,
        linewidths=2,
        linecolor=WHITE,
    )
    for text, color in zip(axes.texts, np.asarray(axes.collections[0].get_facecolor()), strict=True):
        text.set_color(readable_ink(to_hex(color)))
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    axes.xaxis.tick_top()
    axes.grid(visible=False)


def _write_totals(axes: Axes, labels: Labels) -> None:
    rows, columns = labels.shape
    for row, column in np.ndindex(rows, columns):
        if row == rows - 1 or column == columns - 1:
            label = str(labels[row, column])
            axes.text(column + 0.5, row + 0.5, label, ha="center", va="center", weight="bold", size=row_size(rows))


def _name_axes(axes: Axes, facts: Facts, language: Language) -> None:
    size = row_size(len(facts.segments) + 1)
    column = (WIDTH * POINTS - NAME_ROOM) / (len(facts.tiers) + 2)
    for axis, styles, room in ((axes.yaxis, facts.segments, NAME_ROOM), (axes.xaxis, facts.tiers, column)):
        names = [*(fit(style.title, room, size) for style in styles), language.gettext("Total")]
        axis.set_ticks(np.arange(len(names)) + 0.5, names, size=size, color=INK, rotation=0)
