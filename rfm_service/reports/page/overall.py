"""The first tab: what to do today, the key figures, the segments, this night's movements."""

import pandas as pd

from rfm_service.locales import Language
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.page.cards import Card, Chart, Tab, key_figure, key_figures, single
from rfm_service.reports.page.figures import (
    SHORT_LENGTH,
    SMALL,
    Figure,
    Plain,
    axis,
    bare_axis,
    class_names,
    ticks,
)
from rfm_service.reports.page.moves import moves_card
from rfm_service.reports.page.safe import label
from rfm_service.reports.page.today import today_card
from rfm_service.reports.rollup import by_class
from rfm_service.reports.tables import ReportTables

RECENT = 90  # days
ROW = 34  # pixels of a class
SEGMENT_MEASURES = ("customers", "monetary")


def overall(tables: ReportTables, language: Language) -> Tab:
    """The tab."""
    cards = [
        today_card(tables, language),
        _figures_card(tables, language),
        *_segment_cards(tables, language),
        moves_card(tables, language),
    ]
    return Tab("overall", language.gettext("Overall"), cards)


def _figures_card(tables: ReportTables, language: Language) -> Card:
    customers = tables.customers
    orders, monetary = int(customers["frequency"].sum()), int(customers["monetary"].sum())
    recent = int((customers["recency"] <= RECENT).sum())
    figures = [
        key_figure(language.gettext("Customers"), language.number(len(customers)), "", "customers", len(customers)),
        key_figure(language.gettext("Revenue"), language.short_money(monetary), "", "monetary", monetary),
        key_figure(language.gettext("Orders"), language.number(orders), "", "orders", orders),
        key_figure(language.gettext("Average order"), language.short_money(round(monetary / orders))),
        key_figure(
            language.gettext("Bought in the last {n} days").format(n=RECENT),
            language.number(recent),
            language.share(recent / len(customers)),
        ),
    ]
    return Card(language.gettext("The period in figures"), body=key_figures(figures))


def _segment_cards(tables: ReportTables, language: Language) -> list[Card]:
    """Customers on the left, revenue on the right; on a phone one under the other."""
    sums, styles = by_class(tables, "segment"), tables.facts.segments
    best = int(sums["monetary"].to_numpy().argmax())
    crowd = int(sums["customers"].to_numpy().argmax())
    customers = language.gettext("{name}: {share} of customers").format(
        name=styles[crowd].title, share=language.share(sums["customers_share"].iloc[crowd])
    )
    revenue = language.gettext("{name}: {share} of revenue").format(
        name=styles[best].title, share=language.share(sums["monetary_share"].iloc[best])
    )
    height = 40 + ROW * len(styles)
    return [
        Card(
            title,
            note,
            (Chart(f"segment_{measure}", title, single(_bars(sums, measure, styles, language)), height, height),),
            half=True,
        )
        for measure, title, note in (
            ("customers", customers, language.gettext("Customers by segment")),
            ("monetary", revenue, language.gettext("Revenue by segment")),
        )
    ]


def _bars(sums: pd.DataFrame, measure: str, styles: list[SegmentStyle], language: Language) -> Figure:
    """A bar per segment, with its figure and its share."""
    values, shares = sums[measure].tolist(), sums[f"{measure}_share"].tolist()
    write = language.short_money if measure == "monetary" else language.number
    texts = [f"{write(value)} · {language.share(share)}" for value, share in zip(values, shares, strict=True)]
    advice = [f"<b>{label(style.title)}</b><br>{_folded(style.advice)}" for style in styles]
    places = list(range(len(styles)))
    trace: Plain = {
        "type": "bar", "orientation": "h", "y": places, "x": values, "text": texts, "textposition": "outside",
        "marker": {"color": [style.color for style in styles]}, "cliponaxis": False,
        "hovertext": advice, "hoverinfo": "text",
    }  # fmt: skip
    most = max([1, *values])
    names = {"tickmode": "array", "tickvals": places, "autorange": "reversed", "ticklabelstandoff": 6}
    layout = {
        "xaxis": axis(**ticks(most, write, 3), range=[0, most * 1.42], showticklabels=False, showgrid=False),
        "yaxis": bare_axis(**names, ticktext=class_names(styles)),
    }
    narrow = {
        "xaxis": {"range": [0, most * 2]},
        "yaxis": {"ticktext": class_names(styles, SHORT_LENGTH)},
    }
    in_two_lines = [text.replace(" · ", "<br>") for text in texts]
    return Figure([trace], layout, narrow, {"text": in_two_lines, "textfont": {"size": SMALL}})


def _folded(text: str, width: int = 48) -> str:
    """In lines that a phone has room for."""
    lines, line = [], ""
    for word in label(text).split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "<br>".join([*lines, line])
