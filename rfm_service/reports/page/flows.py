"""Who went from which segment to which, in a month that the reader chooses."""

import pandas as pd

from rfm_service.locales import Language
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.page.cards import Card, Chart, first_close, later
from rfm_service.reports.page.figures import SCALE, SHORT_LENGTH, Figure, Plain, bare_axis, class_names, faded
from rfm_service.reports.page.safe import label
from rfm_service.reports.palette import ABSENT
from rfm_service.reports.tables import ReportTables

MOST_MONTHS = 24
ROW, NARROW_ROW = 34, 30  # pixels of the matrix
MOST_TEXTS = 14  # columns that leave room for numbers


def flows_card(tables: ReportTables, language: Language) -> Card:
    """The flows as ribbons and as a matrix, for each of the last months."""
    table = tables.transitions
    if not len(table):
        return later(language.gettext("Who went where"), first_close(tables.facts, language))
    months = sorted(table["month"].unique().tolist(), reverse=True)[:MOST_MONTHS]
    styles = _styles(tables, language)
    ribbons, matrices = {}, {}
    for month in months:
        rows = table[table["month"] == month]
        ribbons[str(month)] = _ribbons(rows, styles, language)
        matrices[str(month)] = _matrix(rows, styles, language)
    title = language.gettext("Who went where")
    rows = len(styles)
    return Card(
        title,
        language.gettext("Customers by segment at the end of the month before (left) and of the month (right)"),
        (
            Chart("flows", title, ribbons, 60 + 40 * rows, 80 + 40 * rows),
            Chart(
                "flow_matrix",
                language.gettext("The same as a table: from the row's segment to the column's"),
                matrices,
                110 + ROW * rows,
                120 + NARROW_ROW * rows,
            ),
        ),
        choices={str(month): language.month(month).capitalize() for month in months},
        chosen=str(months[0]),
        choose=language.gettext("Month"),
    )


def _styles(tables: ReportTables, language: Language) -> list[SegmentStyle]:
    """The segments, and being in none."""
    return [*tables.facts.segments, SegmentStyle("", language.gettext("No purchases"), "", ABSENT)]


def _ribbons(rows: pd.DataFrame, styles: list[SegmentStyle], language: Language) -> Figure:
    """Left the segments before, right those after; a ribbon is as wide as many customers went that way."""
    sizes = [_sizes(rows, side, styles) for side in ("before", "after")]
    nodes = [
        (side, place) for side in (0, 1) for place, style in enumerate(styles) if sizes[side][style.key]
    ]  # an empty node would still take its room
    number = {node: index for index, node in enumerate(nodes)}
    places = {style.key: place for place, style in enumerate(styles)}
    total = max(1, sum(sizes[0].values()))
    links = [
        (number[0, places[before]], number[1, places[after]], count, styles[places[before]], styles[places[after]])
        for before, after, count in zip(rows["before"], rows["after"], rows["customers"].tolist(), strict=True)
        if before in places and after in places
    ]
    trace: Plain = {
        "type": "sankey",
        "arrangement": "fixed",
        "node": {
            "label": [
                f"{label(styles[place].title, 20)} · {language.number(sizes[side][styles[place].key])}"
                for side, place in nodes
            ],
            "color": [styles[place].color for _, place in nodes],
            "x": [0.001 if side == 0 else 0.999 for side, _ in nodes],
            "y": _middles(nodes, sizes, styles),
            "pad": 14, "thickness": 14, "line": {"width": 0}, "hoverinfo": "none",
        },
        "link": {
            "source": [link[0] for link in links],
            "target": [link[1] for link in links],
            "value": [link[2] for link in links],
            "color": [faded(link[3].color, 0.18 if link[3] == link[4] else 0.5) for link in links],
            "customdata": [
                f"{label(before.title)} → {label(after.title)}<br>"
                f"{language.number(count)} · {language.share(count / total)}"
                for _, _, count, before, after in links
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        },
    }  # fmt: skip
    return Figure([trace], {"margin": {"l": 4, "r": 4, "t": 14, "b": 14}, "font": {"size": 12}}, {"font": {"size": 11}})


def _sizes(rows: pd.DataFrame, side: str, styles: list[SegmentStyle]) -> dict[str, int]:
    sums = rows.groupby(side)["customers"].sum()
    return {style.key: int(sums.get(style.key, 0)) for style in styles}


def _middles(nodes: list[tuple[int, int]], sizes: list[dict[str, int]], styles: list[SegmentStyle]) -> list[float]:
    """Where the middle of each node is, from above, so that the segments stand in their order."""
    middles = []
    for side, place in nodes:
        column = [key for other, key in nodes if other == side]
        gap = 0.35 / max(1, len(column))
        total = sum(sizes[side][styles[key].key] for key in column)
        above = sum(sizes[side][styles[key].key] for key in column if key < place)
        rank = column.index(place)
        own = sizes[side][styles[place].key]
        middles.append(min(0.999, max(0.001, (above + own / 2) / total * (1 - gap * (len(column) - 1)) + gap * rank)))
    return middles


def _matrix(rows: pd.DataFrame, styles: list[SegmentStyle], language: Language) -> Figure:
    """From the row's segment to the column's; those who stayed are left pale."""
    keys = [style.key for style in styles]
    table = rows.pivot_table(index="before", columns="after", values="customers", aggfunc="sum")
    counts = table.reindex(index=keys, columns=keys).fillna(0).astype("int64").to_numpy().tolist()
    moved = [
        [None if row == column else counts[row][column] for column in range(len(keys))] for row in range(len(keys))
    ]
    texts = [[language.number(count) if count else "" for count in row] for row in counts]
    hovers = [
        [
            f"{label(before.title)} → {label(after.title)}: {language.number(counts[row][column])}"
            for column, after in enumerate(styles)
        ]
        for row, before in enumerate(styles)
    ]
    places = list(range(len(keys)))
    layer = {
        "x": places,
        "y": places,
        "hovertext": hovers,
        "hoverinfo": "text",
        "xgap": 2,
        "ygap": 2,
        "showscale": False,
    }
    stayed = [[0 if row == column else None for column in places] for row in places]
    traces = [
        {"type": "heatmap", "z": moved, "colorscale": SCALE, "zmin": 0, **layer, **_texted(moved, texts)},
        {
            "type": "heatmap",
            "z": stayed,
            "colorscale": [[0, "#eeeeee"], [1, "#eeeeee"]],
            **layer,
            **_texted(stayed, texts),
        },
    ]
    names = {"tickmode": "array", "tickvals": places}
    layout = {
        "xaxis": bare_axis(**names, ticktext=class_names(styles), side="top", tickangle=-30, ticklabeloverflow="allow"),
        "yaxis": bare_axis(**names, ticktext=class_names(styles), autorange="reversed", ticklabelstandoff=6),
    }
    short = class_names(styles, SHORT_LENGTH)
    narrow = {"xaxis": {"ticktext": short, "tickangle": -90}, "yaxis": {"ticktext": short}}
    return Figure(traces, layout, narrow, {"textfont": {"size": 9}})


def _texted(values: list[list[int | None]], texts: list[list[str]]) -> Plain:
    """The texts of the cells that have a value. Plotly writes them over the empty cells of another trace, too."""
    if len(texts) > MOST_TEXTS:
        return {}
    own = [
        ["" if value is None else text for value, text in zip(*row, strict=True)]
        for row in zip(values, texts, strict=True)
    ]
    return {"text": own, "texttemplate": "%{text}"}
