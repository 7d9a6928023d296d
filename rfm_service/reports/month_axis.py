"""Months under the bars of a picture."""

from matplotlib.axes import Axes

from rfm_service.locales import Language
from rfm_service.reports.palette import INK

MOST_NAMES = 16


def name_months(axes: Axes, months: range, language: Language) -> None:
    """Bar i is of `months[i]`: name them, of many every second or third, the last one always."""
    step = 1 + len(months) // MOST_NAMES
    names = [language.month(month).replace(" ", "\n") for month in months]
    first = (len(names) - 1) % step
    axes.set_xticks(range(first, len(names), step), names[first::step], color=INK)
    axes.set_xlim(-0.6, len(months) - 0.4)
