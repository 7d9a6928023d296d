"""How the shares of the segments changed from month to month."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rfm_service.locales import Language
from rfm_service.reports.closed_months import segments_by_month, states_of
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.month_axis import name_months
from rfm_service.reports.palette import INK, MUTED, WHITE, readable_ink
from rfm_service.reports.style import (
    FINDING_ROOM,
    HEIGHT,
    POINTS,
    SMALL_SIZE,
    TITLE_SIZE,
    TOP,
    Picture,
    fit,
    make_note,
    make_page,
    show_shares,
    spread,
)
from rfm_service.reports.tables import ReportTables

MOST = 36  # months
NAME_ROOM = 125  # points
YEAR = 12
ROOMY = 0.04  # share of the whole that has room for its figure inside the bar
FEW = 14  # months whose bars are wide enough for figures
LINE = 1.75  # height of a line of text in its letters


def draw(tables: ReportTables, language: Language) -> Picture:
    """One bar per closed month, stacked by segment; the segments are named beside the last one."""
    states = [style for style in states_of(tables, language) if style.key]
    counts = segments_by_month(tables, "customers", states).tail(MOST)
    if counts.empty:
        return Picture(_nothing_yet(tables, language), {})
    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0)
    months = range(int(counts.index[0]), int(counts.index[-1]) + 1)
    subtitle = language.gettext("Share of each segment among the customers at the end of each month, %")
    figure = make_page(tables.facts, language, _finding(shares, states, language), subtitle, months=months)
    axes = figure.subplots()
    _draw_bars(axes, shares, states, language)
    _name_segments(axes, shares, states, language)
    return Picture(figure, {})


def _nothing_yet(tables: ReportTables, language: Language) -> Figure:
    return make_note(
        tables.facts,
        language,
        language.gettext("The shares of the segments by month appear after the first closed month"),
        language.gettext("Share of each segment among the customers at the end of each month"),
        language.gettext(
            "Here will stand, month by month, which part of the customers is in which segment, and which segments grow."
            " The first bar comes when a whole month of sales is closed."
        ),
    )


def _finding(shares: pd.DataFrame, states: list[SegmentStyle], language: Language) -> str:
    """The segment whose share changed most in a year, or since the first month there is."""
    now, then = shares.iloc[-1], shares.iloc[max(0, len(shares) - 1 - YEAR)]
    changes = (now - then).to_numpy()
    place = int(np.abs(changes).argmax())
    if not changes.any():
        place = int(now.to_numpy().argmax())
        text = language.gettext("{segment}: {share} of customers at the end of {month}")
    elif changes[place] >= 0:
        text = language.gettext("{segment}: {share} of customers, {points} points more than in {month}")
    else:
        text = language.gettext("{segment}: {share} of customers, {points} points less than in {month}")
    return text.format(
        segment=fit(states[place].title, FINDING_ROOM, TITLE_SIZE),
        share=language.share(float(now.iloc[place])),
        points=language.number(100 * abs(float(changes[place])), 1),
        month=language.month(int(str(then.name))),
    )


def _draw_bars(axes: Axes, shares: pd.DataFrame, states: list[SegmentStyle], language: Language) -> None:
    """The first segment on top, as everywhere."""
    places, below = np.arange(len(shares)), np.zeros(len(shares))
    for style in reversed(states):
        heights = shares[style.key].to_numpy()
        axes.bar(places, heights, bottom=below, color=style.color, width=0.86, edgecolor=WHITE, linewidth=0.6)
        for place, height, bottom in zip(places.tolist(), heights, below, strict=True):
            if len(shares) <= FEW and height >= ROOMY:
                figure = language.number(100 * height)
                ink = readable_ink(style.color)
                axes.text(place, bottom + height / 2, figure, ha="center", va="center", size=SMALL_SIZE, color=ink)
        below += heights
    name_months(axes, range(int(shares.index[0]), int(shares.index[-1]) + 1), language)
    axes.set_ylim(0, 1)
    axes.grid(visible=False, axis="x")
    show_shares(axes.yaxis, language)


def _name_segments(axes: Axes, shares: pd.DataFrame, states: list[SegmentStyle], language: Language) -> None:
    """Names and shares of the last month on the right, each as near to its part of the bar as the letters allow."""
    last = shares.iloc[-1]
    present = [style for style in reversed(states) if last[style.key] > 0]
    tops = np.cumsum([last[style.key] for style in present])
    middles = [float(top - last[style.key] / 2) for top, style in zip(tops, present, strict=True)]
    least = SMALL_SIZE * LINE / (TOP * HEIGHT * POINTS * 0.85)
    edge, names = len(shares) - 0.57, len(shares) - 0.4 + 0.015 * len(shares)
    for style, middle, place in zip(present, middles, spread(middles, least, 0.012, 0.988), strict=True):
        label = f" {fit(style.title, NAME_ROOM, SMALL_SIZE)}  {language.share(float(last[style.key]))}"
        axes.plot([edge, names], [middle, place], color=MUTED, linewidth=0.6, clip_on=False)
        axes.text(names, place, label, va="center", size=SMALL_SIZE, color=INK)
