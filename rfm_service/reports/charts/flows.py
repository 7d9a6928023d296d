"""Where customers went in the last closed month."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from rfm_service.locales import Language
from rfm_service.reports.closed_months import flows_into, last_flow, moves_into, states_of
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.palette import INK, MUTED
from rfm_service.reports.style import (
    FINDING_ROOM,
    LABEL_SIZE,
    SMALL_SIZE,
    TITLE_SIZE,
    Picture,
    fit,
    make_note,
    make_page,
    row_size,
)
from rfm_service.reports.tables import ReportTables

GAP = 0.022  # of the height, between two states
LEAST = 0.018  # of the height that a state takes at least, so that its name has room
BAR = 0.018  # of the width
SMALL_MOVE = 0.8  # points: the thinnest flow that can still be seen
STAY, MOVE = 0.22, 0.62  # how solid those who stay and those who go are drawn
NAME_ROOM = 100  # points for a segment's name
PAIR_ROOM = 215  # points for a pair of segments in the list
MOST = 9  # pairs in the list


class Band(NamedTuple):
    """A flow between two states: where it leaves and where it arrives (upper edges), and how thick it is."""

    before: str
    after: str
    leaves: float
    arrives: float
    thickness: float


def draw(tables: ReportTables, language: Language) -> Picture:
    """Segments a month ago on the left, now on the right, flows between them; beside them the largest in words."""
    month = last_flow(tables)
    if month < 0:
        return Picture(_nothing_yet(tables, language), {})
    states = states_of(tables, language)
    flows, moves = flows_into(tables, month, states), moves_into(tables, month)
    figure = make_page(
        tables.facts,
        language,
        _finding(moves, month, states, language),
        language.gettext("Customers by segment at the end of {before} and of {after}; whoever stayed is pale").format(
            before=language.month(month - 1), after=language.month(month)
        ),
        months=range(month - 1, month + 1),
    )
    axes, beside = figure.subplots(1, 2, width_ratios=[2.2, 1])
    _draw_flows(axes, flows, states, (language.month(month - 1), language.month(month)), language)
    _list_moves(beside, moves, states, language)
    return Picture(figure, {})


def _nothing_yet(tables: ReportTables, language: Language) -> Figure:
    return make_note(
        tables.facts,
        language,
        language.gettext("Flows between months appear after two closed months"),
        language.gettext("Customers by segment at the end of one month and of the next"),
        language.gettext(
            "Here will stand how many customers went from which segment to which in the last closed month. It takes two"
            " whole months of sales, one after the other."
        ),
    )


def _finding(moves: pd.DataFrame, month: int, states: list[SegmentStyle], language: Language) -> str:
    """The largest flow between two segments; one to or from having no purchases only if there is no other."""
    within = moves[(moves["before"] != "") & (moves["after"] != "")]
    candidates = within if len(within) else moves
    if candidates.empty:
        return language.gettext("{month}: every customer stayed where it was").format(
            month=language.month(month).capitalize()
        )
    largest, titles = candidates.iloc[0], {style.key: style.title for style in states}
    return language.gettext("{month}, the largest flow: {before} → {after}, {customers}").format(
        month=language.month(month).capitalize(),
        before=fit(titles[largest["before"]], FINDING_ROOM / 2, TITLE_SIZE),
        after=fit(titles[largest["after"]], FINDING_ROOM / 2, TITLE_SIZE),
        customers=language.ngettext("{n} customer", "{n} customers", int(largest["customers"])),
    )


def _tops(sizes: Sequence[int], scale: float) -> list[float]:
    """The upper edge of each state, downwards from 0. A state with nobody in it takes no room."""
    tops, edge = [], 0.0
    for size in sizes:
        tops.append(edge)
        edge += max(size * scale, LEAST) + GAP if size else 0
    return tops


def _scale(sizes: Sequence[Sequence[int]]) -> float:
    """Height of one customer, such that the longer of both sides fills the height."""
    return min(_filling([size for size in side if size]) for side in sizes)


def _filling(sizes: list[int]) -> float:
    """Height of one customer such that these states fill the height; the small ones are drawn larger than they are."""
    room, ordered = 1 - GAP * (len(sizes) - 1), sorted(sizes)
    scales = [(room - LEAST * small) / sum(ordered[small:]) for small in range(len(ordered))]
    return next(scale for size, scale in zip(ordered, scales, strict=True) if size * scale >= LEAST)


def _bands(flows: pd.DataFrame, leaves: list[float], arrives: list[float], scale: float) -> Iterator[Band]:
    """Every flow, in each state one under the other in the order of the states."""
    left, right = dict(zip(flows.index, leaves, strict=True)), dict(zip(flows.columns, arrives, strict=True))
    for before in flows.index:
        for after in flows.columns:
            if customers := int(flows.loc[before, after]):
                yield Band(before, after, left[before], right[after], customers * scale)
                left[before] += customers * scale
                right[after] += customers * scale


def _draw_flows(
    axes: Axes, flows: pd.DataFrame, states: list[SegmentStyle], months: tuple[str, str], language: Language
) -> None:
    colors = {style.key: style.color for style in states}
    sides = flows.sum(axis=1).tolist(), flows.sum(axis=0).tolist()
    scale = _scale(sides)
    leaves, arrives = _tops(sides[0], scale), _tops(sides[1], scale)
    for band in sorted(_bands(flows, leaves, arrives, scale), key=lambda band: band.before != band.after):
        axes.add_patch(_ribbon(band, colors[band.before]))
    _draw_states(axes, 0, states, leaves, sides[0], scale, [""] * len(states), language)
    changes = [_change(now - then, language) for then, now in zip(*sides, strict=True)]
    _draw_states(axes, 1, states, arrives, sides[1], scale, changes, language)
    for x, month, side in ((0, months[0], "right"), (1, months[1], "left")):
        axes.text(x, -0.035, month, ha=side, va="bottom", weight="bold", size=LABEL_SIZE)
    axes.set(xlim=(-0.4, 1.5), ylim=(1.005, -0.08))
    axes.axis("off")


def _ribbon(band: Band, color: str) -> PathPatch:
    """A flow as a soft band from the left bar to the right one."""
    start, end, middle = BAR, 1 - BAR, 0.5
    top, bottom = (band.leaves, band.arrives), (band.leaves + band.thickness, band.arrives + band.thickness)
    line = [(start, top[0]), (middle, top[0]), (middle, top[1]), (end, top[1])]
    back = [(end, bottom[1]), (middle, bottom[1]), (middle, bottom[0]), (start, bottom[0])]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    stays = band.before == band.after
    return PathPatch(
        Path([*line, *back, line[0]], codes),
        facecolor=color,
        edgecolor=color,
        linewidth=0 if stays else SMALL_MOVE,
        alpha=STAY if stays else MOVE,
    )


def _draw_states(
    axes: Axes,
    x: int,
    states: list[SegmentStyle],
    tops: list[float],
    sizes: list[int],
    scale: float,
    changes: list[str],
    language: Language,
) -> None:
    """The bars of one side, with name and number of customers outside."""
    present = sum(size > 0 for size in sizes)
    letters = min(LABEL_SIZE - 1, row_size(max(1, present)))
    for style, top, size, change in zip(states, tops, sizes, changes, strict=True):
        if not size:
            continue
        height = max(size * scale, LEAST)
        axes.add_patch(Rectangle((x * (1 - BAR), top), BAR, height, color=style.color, linewidth=0))
        label = f"{fit(style.title, NAME_ROOM, letters)}  {language.number(size)}{change}"
        place, side = (-0.012, "right") if x == 0 else (1.012, "left")
        axes.text(place, top + height / 2, label, ha=side, va="center", size=letters, color=INK)


def _change(difference: int, language: Language) -> str:
    if not difference:
        return ""
    return f" ({'+' if difference > 0 else '−'}{language.number(abs(difference))})"


def _list_moves(axes: Axes, moves: pd.DataFrame, states: list[SegmentStyle], language: Language) -> None:
    """The largest flows in words, with the customers and what they bought in the month before and in this one."""
    titles = {style.key: style.title for style in states}
    colors = {style.key: style.color for style in states}
    axes.set(xlim=(0, 1), ylim=(MOST + 0.2, -0.9))
    axes.axis("off")
    if moves.empty:
        return
    axes.text(0, -0.35, language.gettext("The largest flows"), weight="bold", size=LABEL_SIZE, va="center")
    for row, move in enumerate(moves.head(MOST).to_dict("records")):
        axes.add_patch(Rectangle((0, row + 0.08), 0.012, 0.7, color=colors[move["before"]], linewidth=0))
        axes.add_patch(Rectangle((0.014, row + 0.08), 0.012, 0.7, color=colors[move["after"]], linewidth=0))
        names = [fit(titles[move[side]], PAIR_ROOM / 2, LABEL_SIZE - 0.5) for side in ("before", "after")]
        axes.text(0.05, row + 0.27, " → ".join(names), size=LABEL_SIZE - 0.5, va="center")
        told = language.gettext("{customers}; bought for {before}, then for {after}").format(
            customers=language.ngettext("{n} customer", "{n} customers", int(move["customers"])),
            before=language.short_money(int(move["amount_before"])),
            after=language.short_money(int(move["amount_after"])),
        )
        axes.text(0.05, row + 0.64, told, size=SMALL_SIZE - 0.5, color=MUTED, va="center")
