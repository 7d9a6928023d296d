"""What plotly is given: figures as plain values, in the look of the pictures. Money stays integer kopecks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil, log10
from typing import Any

from rfm_service.locales import Language
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.page.safe import label
from rfm_service.reports.palette import GRID, INK, MUTED, WHITE

Plain = dict[str, Any]

FONTS = "'Segoe UI', system-ui, -apple-system, Roboto, 'DejaVu Sans', Arial, sans-serif"
SIZE, SMALL = 13, 11
TITLE_LENGTH, SHORT_LENGTH = 24, 15  # characters of a class's title on a laptop, on a phone
MOST_LABELS, FEW_LABELS = 13, 5  # of months on an axis, on a laptop and on a phone
ROUND_STEPS = (1, 2, 5, 10)
SCALE = [[0, "#f4f8fc"], [0.5, "#8fb8de"], [1, "#164a80"]]


@dataclass(frozen=True)
class Figure:
    """Traces and layout; `narrow_layout` and `narrow_trace` are laid over them on a phone."""

    traces: list[Plain]
    layout: Plain
    narrow_layout: Plain = field(default_factory=dict)
    narrow_trace: Plain = field(default_factory=dict)

    def as_plain(self) -> Plain:
        """For the page's JSON."""
        return {
            "data": self.traces,
            "layout": {**base_layout(), **self.layout},
            "narrow": {"layout": self.narrow_layout, "trace": self.narrow_trace},
        }


def base_layout() -> Plain:
    """What all figures share."""
    return {
        "font": {"family": FONTS, "size": SIZE, "color": INK},
        "paper_bgcolor": WHITE,
        "plot_bgcolor": WHITE,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "dragmode": False,
        "hoverlabel": {"bgcolor": WHITE, "bordercolor": GRID, "font": {"color": INK, "size": SIZE}, "align": "left"},
        "showlegend": False,
        "bargap": 0.25,
    }


def axis(**changes: Any) -> Plain:
    """An axis in the look of the pictures, which nobody drags by mistake."""
    return {
        "fixedrange": True,
        "automargin": True,
        "gridcolor": GRID,
        "zerolinecolor": GRID,
        "tickfont": {"color": MUTED, "size": SMALL},
        "title": {"text": ""},
        **changes,
    }


def bare_axis(**changes: Any) -> Plain:
    """An axis without a grid."""
    return axis(showgrid=False, zeroline=False, **changes)


def ticks(most: float, write: Callable[[int], str], steps: int = 5, least: float = 0) -> Plain:
    """Round marks from `least` (0 or below) to `most`, as `write` puts them."""
    span = max(most - least, 1)
    power = 10 ** int(log10(max(span / steps, 1)))
    step = next(digit * power for digit in ROUND_STEPS if digit * power * steps >= span or digit == ROUND_STEPS[-1])
    step = step if step * steps >= span else ceil(span / steps)
    marks = range(-int(-least // step) * step, int(most // step) * step + 1, step)
    return {"tickmode": "array", "tickvals": list(marks), "ticktext": [write(mark) for mark in marks]}


def money_axis(values: Iterable[float], language: Language, steps: int = 5) -> Plain:
    """An axis of kopecks."""
    amounts = [0, *values]
    return axis(**ticks(max(amounts), language.short_money, steps, min(amounts)))


def count_axis(values: Iterable[float], language: Language, steps: int = 5) -> Plain:
    """An axis of whole numbers."""
    amounts = [0, *values]
    return axis(**ticks(max(amounts), language.number, steps, min(amounts)))


def share_axis(most: float, language: Language, steps: int = 5) -> Plain:
    """An axis of shares, 0 to `most`."""
    marks = ticks(max(most, 0.001) * 1000, lambda thousandths: language.number(thousandths / 10) + "%", steps)
    return axis(**{**marks, "tickvals": [mark / 1000 for mark in marks["tickvals"]]})


def month_axis(months: Sequence[int], language: Language, most: int = MOST_LABELS) -> Plain:
    """An axis of months by their numbers: every so many are named, with the year where it changes."""
    step = ceil(len(months) / most)
    named = list(months)[::-1][::step][::-1]
    texts = [
        month_label(month, language, with_year=place == 0 or month // 12 != named[place - 1] // 12)
        for place, month in enumerate(named)
    ]
    edges = [months[0] - 0.6, months[-1] + 0.6]
    return bare_axis(tickmode="array", tickvals=named, ticktext=texts, range=edges, tickangle=0)


def month_label(month: int, language: Language, *, with_year: bool) -> str:
    """`Nov` and, in a second line, `2026`."""
    name, year = language.month(month).split(" ")[:2]
    return f"{name}<br>{year}" if with_year else name


def class_names(styles: Iterable[SegmentStyle], most: int = TITLE_LENGTH) -> list[str]:
    """The titles as labels."""
    return [label(style.title, most) for style in styles]


def faded(color: str, opacity: float) -> str:
    """The colour, seen through."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return f"rgba({red},{green},{blue},{opacity})"


def bottom_legend(**changes: Any) -> Plain:
    """A legend under the picture."""
    place = {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom", "traceorder": "normal"}
    return {**place, "font": {"size": 12}, "itemsizing": "constant", **changes}
