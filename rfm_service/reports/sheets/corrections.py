"""What was corrected in the ERP since the last report, day by day. No sheet when nothing was."""

from collections.abc import Hashable, Mapping
from typing import Any

from openpyxl import Workbook

from rfm_service.locales import Language
from rfm_service.reports import cells
from rfm_service.reports.cells import NUMBER_HEADER, WORDS, Look
from rfm_service.reports.sheets.classes import make_row
from rfm_service.reports.tables import ReportTables

WIDTHS = (14, 14, 14, 14, 20, 20, 18)


def write(workbook: Workbook, tables: ReportTables, language: Language) -> dict[str, int]:
    """Write the sheet. It shows no total that another place shows too."""
    days = tables.corrected_days
    if days.empty:
        return {}
    sheet = workbook.create_sheet(language.gettext("Corrected in the ERP"))
    cells.set_widths(sheet, WIDTHS)
    cells.set_print(sheet, pages_high=0)
    sheet.freeze_panes = "A2"
    sheet.row_dimensions[1].height = 32
    titles = [
        language.gettext("Day"),
        language.gettext("Documents added"),
        language.gettext("Documents changed"),
        language.gettext("Documents removed"),
        language.gettext("Amount before, ₽"),
        language.gettext("Amount after, ₽"),
        language.gettext("Difference, ₽"),
    ]
    sheet.append(make_row(sheet, titles, [NUMBER_HEADER] * len(titles)))
    date, count, money = Look(cells.DATE), Look(cells.COUNT), Look(cells.MONEY)
    looks = [date, count, count, count, money, money, money]
    for day in days.to_dict("records"):
        sheet.append(make_row(sheet, [day["day"] + cells.EXCEL_DAY_ZERO, *_figures(day)], looks))
    totals = days.sum().to_dict()
    title_look, *total_looks = (look.as_total() for look in (WORDS, *looks[1:]))
    sheet.append(make_row(sheet, [language.gettext("Total"), *_figures(totals)], [title_look, *total_looks]))
    return {}


def _figures(day: Mapping[Hashable, Any]) -> list[int | float]:
    before, after = int(day["amount_before"]), int(day["amount_after"])
    documents = [int(day[name]) for name in ("added", "changed", "removed")]
    return [*documents, before / 100, after / 100, (after - before) / 100]
