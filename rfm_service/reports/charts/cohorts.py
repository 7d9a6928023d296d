"""Who came when, and who of them still buys."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from rfm_service.locales import Language
from rfm_service.reports.closed_months import by_age, cohort_sizes, share_of_new
from rfm_service.reports.palette import HEAT, INK, MUTED, WHITE, readable_ink
from rfm_service.reports.style import Picture, make_note, make_page, row_size
from rfm_service.reports.tables import ReportTables

MOST = 18  # cohorts
DARKEST = 0.6  # share at least that the darkest colour stands for
LATER = (12, 6, 3)  # months after the first purchase that the title may tell of


def draw(tables: ReportTables, language: Language) -> Picture:
    """Share of each cohort that bought again, by months since its first purchase; the last 18 cohorts."""
    buyers, sizes = by_age(tables, "buyers", MOST), cohort_sizes(tables, MOST)
    if len(buyers.columns) < 2:
        return Picture(_nothing_yet(tables, language), {})
    shares = buyers.div(sizes, axis=0).iloc[:, 1:]
    shown = range(int(sizes.index[0]), int(tables.cohorts["month"].max()) + 1)
    subtitle = language.gettext(
        "Customers by the month of their first purchase: how many of each hundred bought so many months later"
    )
    figure = make_page(tables.facts, language, _finding(tables, language), subtitle, months=shown)
    axes = figure.subplots()
    _draw_heat(axes, shares, language)
    _name_axes(axes, sizes, len(shares.columns), language)
    return Picture(figure, {})


def _nothing_yet(tables: ReportTables, language: Language) -> Figure:
    return make_note(
        tables.facts,
        language,
        language.gettext("Who comes back appears after two closed months"),
        language.gettext("Customers by the month of their first purchase, and how many of them buy later"),
        language.gettext(
            "Here will stand, for the customers of each month, how many of them bought again one month later, two"
            " months later and so on. It takes two whole months of sales, one after the other."
        ),
    )


def _finding(tables: ReportTables, language: Language) -> str:
    """Of all new customers who are known so long: how many bought one month later, and how many much later."""
    first = share_of_new(tables, 1, MOST)
    if first is None:
        return language.gettext("Who stays")
    for later in LATER:
        share = share_of_new(tables, later, MOST)
        if share is not None:
            return language.ngettext(
                "{share} of new customers buy again a month later, {late_share} {n} month later",
                "{share} of new customers buy again a month later, {late_share} {n} months later",
                later,
                share=language.share(first),
                late_share=language.share(share),
            )
    return language.gettext("{share} of new customers buy again a month later").format(share=language.share(first))


def _draw_heat(axes: Axes, shares: pd.DataFrame, language: Language) -> None:
    """The more of a cohort bought, the darker. Months to come stay white, with nothing in them."""
    values = shares.to_numpy()
    texts = ["" if np.isnan(value) else language.number(100 * value) for value in values.ravel()]
    sns.heatmap(
        values,
        ax=axes,
        annot=np.array(texts, dtype=object).reshape(values.shape),
        fmt="",
        annot_kws={"size": row_size(len(shares) + 2)},
        cmap=sns.light_palette(HEAT, as_cmap=True),
        vmin=0,
        vmax=max(DARKEST, float(np.nanmax(values))),
        cbar=False,
        linewidths=2,
        linecolor=WHITE,
    )
    cells = np.asarray(axes.collections[0].get_facecolor())[~np.isnan(values.ravel())]
    for text, color in zip(axes.texts, cells, strict=True):
        text.set_color(readable_ink(to_hex(color)))
    axes.grid(visible=False)


def _name_axes(axes: Axes, sizes: pd.Series, ages: int, language: Language) -> None:
    size = row_size(len(sizes) + 2)
    names = [
        f"{language.month(cohort)}  ·  {language.ngettext('{n} customer', '{n} customers', int(count))}"
        for cohort, count in sizes.items()
        if isinstance(cohort, int)
    ]
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel(language.gettext("Months since the first purchase"), labelpad=6)
    axes.set_xticks(np.arange(ages) + 0.5, [str(age) for age in range(1, ages + 1)], size=size, color=MUTED)
    axes.set_yticks(np.arange(len(names)) + 0.5, names, size=size, color=INK, rotation=0)
