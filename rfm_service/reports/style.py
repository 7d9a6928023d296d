"""The visual language of the pictures: slides, with a title that says the finding and a line that says the source."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from rfm_service.clock import day_of, first_day_of_month
from rfm_service.locales import Language
from rfm_service.reports.facts import Facts
from rfm_service.reports.palette import GRID, INK, MUTED, SHADE, WHITE

FONT = "DejaVu Sans"
WIDTH, HEIGHT, DPI = 12.8, 7.2, 150  # inches: a 16:9 slide of 1920 x 1080 pixels
MARGIN = 0.025  # of the width
BOTTOM, TOP = 0.065, 0.85  # of the height: between them are the axes
POINTS = 72  # in an inch
PAGE_ROOM = (1 - 2 * MARGIN) * WIDTH * POINTS  # points between the margins
TITLE_SIZE, SUBTITLE_SIZE, LABEL_SIZE, SMALL_SIZE = 19, 12, 10.5, 9
NOTE_SIZE, NOTE_ROOM = 15, 600  # points: a sentence on an otherwise empty slide
FINDING_ROOM = 560  # points for the names in a title
LABEL_BOX = {"facecolor": WHITE, "edgecolor": "none", "pad": 1}  # keeps the grid out of the letters
SUBSTITUTE = "□"
ROUND_STEPS = (1, 2, 5, 10)
LONGEST = 300  # characters that are worth measuring

LOOK: dict[Any, Any] = {
    "font.family": FONT,
    "font.size": LABEL_SIZE,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.labelsize": SMALL_SIZE,
    "axes.titlelocation": "left",
    "axes.titlesize": SUBTITLE_SIZE,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": SMALL_SIZE,
    "ytick.labelsize": SMALL_SIZE,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}


@dataclass(frozen=True)
class Picture:
    """A drawn figure, and the totals that it shows: measure → kopecks or count."""

    figure: Figure
    totals: dict[str, int]


@contextmanager
def look() -> Iterator[None]:
    """Inside, matplotlib draws our way. Names with `$`, `_` or `^` are never taken for formulas."""
    with mpl.rc_context(LOOK):
        yield


def make_page(
    facts: Facts, language: Language, title: str, subtitle: str, bottom: float = BOTTOM, months: range = range(0)
) -> Figure:
    """An empty slide with its title, subtitle and source. The axes share what is left above `bottom` of the height.

    months: what the picture shows, where that is closed months and not the horizon.
    """
    layout = ConstrainedLayoutEngine(rect=(MARGIN, bottom, 1 - 2 * MARGIN, TOP - bottom), wspace=0.04, hspace=0.06)
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout=layout)
    title = drawable(title)
    size = TITLE_SIZE * min(1, PAGE_ROOM / width_of(title, TITLE_SIZE, bold=True))
    figure.text(MARGIN, 0.93, title, size=size, weight="bold", va="center")
    figure.text(MARGIN, 0.88, drawable(subtitle), size=SUBTITLE_SIZE, color=MUTED, va="center")
    first, last = facts.first_day, facts.last_day
    if months:
        first, last = day_of(first_day_of_month(months[0])), day_of(first_day_of_month(months[-1] + 1)) - 1
    source = language.gettext("Source: 1C:ERP, purchases from {first} to {last}, net of returns").format(
        first=language.day(first), last=language.day(last)
    )
    figure.text(MARGIN, 0.03, source, size=SMALL_SIZE, color=MUTED, va="center")
    return figure


def make_note(facts: Facts, language: Language, title: str, subtitle: str, note: str) -> Figure:
    """A slide that has nothing to show yet: in the middle a note that says what will stand there, and when."""
    figure = make_page(facts, language, title, subtitle)
    frame = FancyBboxPatch(
        (MARGIN + 0.01, BOTTOM + 0.02),
        1 - 2 * MARGIN - 0.02,
        TOP - BOTTOM - 0.06,
        boxstyle="round,pad=0.01,rounding_size=0.015",
        facecolor=SHADE,
        edgecolor="none",
        mutation_aspect=WIDTH / HEIGHT,
    )
    figure.add_artist(frame)
    lines, middle = wrapped(note, NOTE_ROOM, NOTE_SIZE), (BOTTOM + TOP) / 2 - 0.01
    figure.text(0.5, middle, lines, size=NOTE_SIZE, color=MUTED, ha="center", va="center", linespacing=1.6)
    return figure


def wrapped(text: str, room: float, size: float) -> str:
    """The text in as few lines of at most `room` points as it takes, all about equally long."""
    lines = _lines(text, room, size)
    while len(evened := _lines(text, room := room - size, size)) == len(lines) and room > size:
        lines = evened
    return "\n".join(lines)


def _lines(text: str, room: float, size: float) -> list[str]:
    lines = [""]
    for word in drawable(text).split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def spread(places: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """The places, in ascending order, moved as little as it takes to stand `least` apart between `low` and `high`.

    Those too near to each other become a group, each `least` from the next, round the middle of where they were.
    """
    least = min(least, (high - low) / max(1, len(places) - 1))
    groups: list[tuple[float, int]] = []  # the first place of each group, and how many stand in it
    for place in places:
        start, count = place, 1
        while groups and groups[-1][0] + groups[-1][1] * least > start:
            before, many = groups.pop()
            start = (before * many + (start - many * least) * count) / (many + count)
            count += many
        groups.append((start, count))
    spaced = [start + number * least for start, count in groups for number in range(count)]
    raised = [max(place, low + number * least) for number, place in enumerate(spaced)]
    return [min(place, high - number * least) for number, place in enumerate(reversed(raised))][::-1]


def drawable(text: str) -> str:
    """One line that the font can show: blanks for line breaks, □ for a character without a picture, nothing unseen."""
    line = " ".join(text.split())
    return "".join(sign if ord(sign) in _glyphs() else SUBSTITUTE for sign in line if sign.isprintable())


def fit(text: str, room: float, size: float = LABEL_SIZE) -> str:
    """The text in one line, its middle left out if it is wider than `room` points at `size` points."""
    line = drawable(text)
    if len(line) <= LONGEST and width_of(line, size) <= room:
        return line
    keep = bisect_right(range(1, LONGEST), room, key=lambda count: width_of(_without_middle(line, count), size))
    return _without_middle(line, keep)


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """How wide the text is drawn, in points."""
    font = get_font(_font_path(bold=bold))
    font.set_size(size, POINTS)
    font.set_text(text)
    return float(font.get_width_height()[0]) / 64


def row_size(rows: int) -> float:
    """The size of letters for so many rows one under the other."""
    return min(LABEL_SIZE, 0.72 * HEIGHT * POINTS / rows * 0.6)


def label_bars(axes: Axes, bars: BarContainer, labels: list[str], room: float = inf) -> None:
    """Write a label at the end of each bar, in letters so small that each fits into `room` points."""
    widest = max(width_of(drawable(label), SMALL_SIZE) for label in labels)
    size = SMALL_SIZE * min(1, room / max(1, widest))
    axes.bar_label(bars, labels, padding=4, size=size, bbox=LABEL_BOX, zorder=2)


def show_money(axis: Axis, language: Language, most: int = 5) -> None:
    """The axis is kopecks: label it in roubles, in `most` steps at most."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: language.short_money(round(value))))
    axis.set_major_locator(MaxNLocator(most, steps=ROUND_STEPS))


def show_counts(axis: Axis, language: Language) -> None:
    """The axis is whole numbers."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: language.number(value)))
    axis.set_major_locator(MaxNLocator(5, steps=ROUND_STEPS, integer=True))


def show_shares(axis: Axis, language: Language) -> None:
    """The axis is shares of a whole, 0 to 1: label it in per cent."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: language.number(100 * value)))
    axis.set_major_locator(MaxNLocator(5, steps=ROUND_STEPS))


def _without_middle(line: str, keep: int) -> str:
    tail = keep // 3
    return f"{line[: keep - tail].rstrip()}…{line[len(line) - tail :].lstrip()}"


@cache
def _glyphs() -> frozenset[int]:
    regular, bold = (get_font(_font_path(bold=bold)).get_charmap() for bold in (False, True))
    return frozenset(regular.keys() & bold.keys())


@cache
def _font_path(*, bold: bool) -> str:
    return findfont(FontProperties(family=FONT, weight="bold" if bold else "normal"))
