"""Who is in another segment than in the last report, and why. No sheet when nobody is."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.locales import Language
from rfm_service.records import Cause
from rfm_service.reports import cells
from rfm_service.reports.cells import HEADER, NOTE, NUMBER_HEADER, PLAIN, WORDS, Look, Value, make_cell, put_text
from rfm_service.reports.closed_months import states_of
from rfm_service.reports.facts import SegmentStyle
from rfm_service.reports.moved import DIRECTIONS, by_cause, with_stakes
from rfm_service.reports.palette import MUTED
from rfm_service.reports.reasons import CAUSE_TITLES, DIRECTION_TITLES, documents_told, move_of, reason
from rfm_service.reports.sheets.classes import Row, append_rows, make_row
from rfm_service.reports.tables import ReportTables

MOST_ROWS = 10_000
WIDTHS = (42, 18, 18, 14, 24, 64, 17, 17, 17, 54, 22)
COUNT, MONEY, SENTENCE = Look(cells.COUNT_OR_DASH), Look(cells.MONEY), replace(WORDS, wrap=True)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet: the causes with their sums, and below them every movement. No total of another place."""
    if tables.movements.empty:
        return {}
    moved = with_stakes(tables.movements)
    causes, shown = _causes(moved, language), moved.head(MOST_ROWS)
    sheet = workbook.create_sheet(language.gettext("Movements"))
    _set_up(sheet, len(causes) + 3, len(shown))
    looks = [WORDS, *[COUNT] * 4, PLAIN, *[MONEY] * 3]
    head = [
        _cause_header(sheet, language),
        *(make_row(sheet, row, looks) for row in causes[:-1]),
        make_row(sheet, causes[-1], [look.as_total() for look in looks]),
        _cut(sheet, len(moved), language),
        _header(sheet, language),
    ]
    append_rows(sheet, chain(head, _rows(sheet, shown, tables, language)))
    return {}


def _set_up(sheet: Worksheet, header: int, movements: int) -> None:
    """`header`: the row of the header of the movements."""
    cells.set_widths(sheet, WIDTHS)
    cells.set_print(sheet, pages_high=0)
    sheet.print_title_rows = f"{header}:{header}"
    sheet.freeze_panes = f"B{header + 1}"
    sheet.auto_filter.ref = f"A{header}:{get_column_letter(len(WIDTHS))}{header + movements}"


def _cut(sheet: Worksheet, movements: int, language: Language) -> Row:
    """Says that there are more movements than anybody reads: a change of the scheme may move everybody."""
    if movements <= MOST_ROWS:
        return []
    text = language.gettext("The first {shown} of {all} movements").format(
        shown=language.number(MOST_ROWS), all=language.number(movements)
    )
    return [make_cell(sheet, text, NOTE)]


def _causes(moved: pd.DataFrame, language: Language) -> list[list[Value]]:
    """A row per cause, and one of totals: customers in all and by direction, and their money."""
    counts = by_cause(moved, "customers")
    money = moved.groupby("cause")[["monetary_before", "monetary_after"]].sum()
    rows = [
        _sums(language.gettext(CAUSE_TITLES[Cause(cause)]), counts.loc[[cause]], money.loc[[cause]])
        for cause in counts.index
    ]
    return [*rows, _sums(language.gettext("Total"), counts, money)]


def _sums(title: str, counts: pd.DataFrame, money: pd.DataFrame) -> list[Value]:
    before, after = int(money["monetary_before"].sum()), int(money["monetary_after"].sum())
    ways = [int(counts[way].sum()) for way in DIRECTIONS]
    return [title, sum(ways), *ways, None, before / 100, after / 100, (after - before) / 100]


def _cause_header(sheet: Worksheet, language: Language) -> Row:
    titles = [
        language.gettext("Cause"),
        language.gettext("Customers"),
        *(language.gettext(DIRECTION_TITLES[way]) for way in DIRECTIONS),
        None,
        language.gettext("Spent before, ₽"),
        language.gettext("Spent now, ₽"),
        language.gettext("Change, ₽"),
    ]
    return make_row(sheet, titles, [HEADER, *[NUMBER_HEADER] * 4, HEADER, *[NUMBER_HEADER] * 3])


def _header(sheet: Worksheet, language: Language) -> Row:
    titles = [
        language.gettext("Buyer"),
        language.gettext("From"),
        language.gettext("To"),
        language.gettext("Direction"),
        language.gettext("Cause"),
        language.gettext("Why"),
        language.gettext("Spent before, ₽"),
        language.gettext("Spent now, ₽"),
        language.gettext("Change, ₽"),
        language.gettext("Documents"),
        language.gettext("Manager"),
    ]
    return make_row(sheet, titles, [*[HEADER] * 6, *[NUMBER_HEADER] * 3, HEADER, HEADER])


def _rows(sheet: Worksheet, moved: pd.DataFrame, tables: ReportTables, language: Language) -> Iterator[Row]:
    """A row per movement. The same cells are filled again and again, as on the customers' sheet."""
    words, sentences = [[make_cell(sheet, None, look) for _ in range(4)] for look in (WORDS, SENTENCE)]
    money = [make_cell(sheet, None, MONEY) for _ in range(3)]
    chips = _chips(sheet, states_of(tables, language), moved)
    horizon_days = tables.facts.last_day - tables.facts.first_day + 1
    directions = {way: language.gettext(title) for way, title in DIRECTION_TITLES.items()}
    for row in moved.to_dict("records"):
        move = move_of(row)
        put_text(words[0], row["buyer"])
        put_text(words[1], directions[row["direction"]])
        put_text(words[2], language.gettext(CAUSE_TITLES[move.cause]))
        put_text(words[3], row["manager"])
        put_text(sentences[0], reason(move, horizon_days, language))
        put_text(sentences[1], "\n".join(documents_told(move.documents, language)))
        before, after = int(row["monetary_before"]), int(row["monetary_after"])
        for cell, kopecks in zip(money, (before, after, after - before), strict=True):
            cell.value = kopecks / 100
        yield [
            words[0], chips[move.before], chips[move.after], words[1], words[2], sentences[0], *money,
            sentences[1], words[3],
        ]  # fmt: skip


def _chips(sheet: Worksheet, states: list[SegmentStyle], moved: pd.DataFrame) -> dict[str, Cell]:
    """A coloured cell for each segment; also for one that the scheme no longer has."""
    chips = {key: make_cell(sheet, key, WORDS.chip(MUTED)) for key in {*moved["before"], *moved["after"]}}
    return chips | {style.key: make_cell(sheet, style.title, WORDS.chip(style.color)) for style in states}
