"""Cells of the workbook: text that can only be text, real numbers, a few ready looks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal
from weakref import WeakKeyDictionary

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from rfm_service.reports.palette import ALARM, INK, MUTED, SHADE, readable_ink

Value = str | int | float | None

LONGEST_TEXT = 32_767  # UTF-16 units, as Excel counts
A4 = 9  # Excel's number of the paper
LINE, MOST_LINES = 13, 30  # points; Excel's rows are not higher than 409
EXCEL_DAY_ZERO = 25_569  # the serial number of 1970-01-01
NOT_XML = re.compile("[\ufffe\uffff]")

TEXT = "@"
COUNT = "#,##0"
MONEY = "#,##0.00"
ROUBLES = "#,##0;-#,##0"  # kopecks are not shown
SHARE = "0.0%"
SHARE_OR_DASH = '0.0%;-0.0%;"–"'
PER_CUSTOMER = "0.00"
PER_CENT = "0%"
CHANGE = "+0.0%;-0.0%;0.0%"
COUNT_CHANGE = '+#,##0;-#,##0;"–"'
MONTH = "mmm yyyy"
DATE = "mm-dd-yy"  # Excel's short date: it shows it as the reader's computer writes dates
COUNT_OR_DASH = '#,##0;-#,##0;"–"'
MONEY_OR_DASH = '#,##0.00;-#,##0.00;"–"'


@dataclass(frozen=True)
class Look:
    """How a cell looks. `color` and `fill` are #rrggbb; no fill where empty."""

    number_format: str = "General"
    size: int = 10
    bold: bool = False
    color: str = INK
    fill: str = ""
    align: Literal["general", "left", "right"] = "general"
    indent: int = 0
    wrap: bool = False
    line: Literal["", "top", "bottom"] = ""

    def chip(self, fill: str) -> "Look":
        """The same on a coloured ground, in an ink that can be read on it."""
        return replace(self, fill=fill, color=readable_ink(fill))

    def as_total(self) -> "Look":
        """The same as the last row of a table."""
        return replace(self, bold=True, line="top")


PLAIN = Look()
WORDS = Look(TEXT, align="left", indent=1)
TITLE = Look(size=18, bold=True)
HEADING = Look(size=12, bold=True)
NOTE = Look(size=9, color=MUTED, align="left", indent=1)
WARNING = Look(fill=ALARM, bold=True)
HEADER = Look(bold=True, fill=SHADE, line="bottom", wrap=True, align="left", indent=1)
NUMBER_HEADER = replace(HEADER, align="right", indent=0)
FIGURE = Look(number_format=COUNT, size=14, bold=True, align="left", indent=1)

_styles: WeakKeyDictionary[Workbook, dict[Look, StyleArray]] = WeakKeyDictionary()


def cell_text(value: object) -> str:
    """Any value as a text that Excel opens: no control characters, no half characters, no more than fits a cell."""
    text = NOT_XML.sub("", ILLEGAL_CHARACTERS_RE.sub("", "" if value is None else str(value)))
    whole = text.encode("utf-16-le", "ignore")
    return whole[: 2 * LONGEST_TEXT].decode("utf-16-le", "ignore")


def put_text(cell: Cell, value: object) -> None:
    """Put a text into the cell and keep it a text, whatever it begins with."""
    cell.value = cell_text(value)
    cell.data_type = "s"


def make_cell(sheet: Worksheet, value: Value, look: Look = PLAIN) -> Cell:
    """A new cell with this look. Texts stay texts."""
    cell = Cell(sheet, row=1, column=1, style_array=_style_of(sheet, look))
    if isinstance(value, str):
        put_text(cell, value)
    else:
        cell.value = value
    return cell


def set_widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    """Widths of the first columns, in characters."""
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width


def fit_height(sheet: Worksheet, number: int, row: Sequence[Cell | None]) -> None:
    """Make the row, before it is appended, as high as its wrapped texts take: not every program does so by itself."""
    lines = [
        _lines(str(cell.value), sheet.column_dimensions[get_column_letter(column)].width, bold=bool(cell.font.bold))
        for column, cell in enumerate(row, start=1)
        if cell is not None and cell.value and cell.alignment.wrap_text
    ]
    if max(lines, default=1) > 1:
        sheet.row_dimensions[number].height = LINE * min(max(lines), MOST_LINES) + 4


def set_print(sheet: Worksheet, *, pages_high: int) -> None:
    """Landscape A4, one page wide and `pages_high` high (0: as many as it takes), pages numbered."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = pages_high
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(right=_HeaderFooterPart("&P / &N"))


def _style_of(sheet: Worksheet, look: Look) -> StyleArray:
    """Where the workbook keeps the parts of the look. It compares every new part with all it has, which takes long."""
    assert isinstance(sheet.parent, Workbook)
    styles = _styles.setdefault(sheet.parent, {})
    if look not in styles:
        styles[look] = _styled(WriteOnlyCell(sheet), look)._style  # type: ignore[attr-defined]
    return styles[look]


def _styled(cell: Cell, look: Look) -> Cell:
    cell.number_format = look.number_format
    cell.font = Font(name="Calibri", size=look.size, bold=look.bold, color=_argb(look.color))
    cell.alignment = Alignment(horizontal=look.align, vertical="center", wrap_text=look.wrap, indent=look.indent)
    if look.fill:
        cell.fill = PatternFill("solid", fgColor=_argb(look.fill))
    if look.line:
        cell.border = _border(look.line)
    return cell


def _lines(text: str, width: float, *, bold: bool) -> int:
    """Lines that the text takes in a column of this width, rather one too many."""
    letters = max(1.0, width * (1.0 if bold else 1.2))  # the width is counted in digits of a larger size
    return sum(max(1, ceil(len(line) / letters)) for line in text.split("\n"))


def _border(line: str) -> Border:
    side = Side("thin", color=_argb(MUTED))
    return Border(top=side) if line == "top" else Border(bottom=side)


def _argb(color: str) -> str:
    return "FF" + color.removeprefix("#").upper()
