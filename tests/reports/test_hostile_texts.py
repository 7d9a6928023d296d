"""Names that want to be formulas, break the file or fool the reader."""

import zipfile
from pathlib import Path

import msgspec
import pandas as pd
import pytest
from openpyxl import load_workbook

from rfm_service.reports.cells import cell_text
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.workbook import write_workbook

from .builders import hand_made, make_tables

HOSTILE = [
    "=1+1", "=cmd|'/c calc'!A0", '=HYPERLINK("http://evil.example","click")', "+1+1", "-1+1", "@SUM(A1)", "\t=1+1",
    "\r=1+1", " =1+1", "==", "=", "＝1+1", "{=1+1}", "=DDE(1)", "#REF!", "#N/A", "TRUE", "1e999", "NaN", "0123",
    "http://evil.example", "mailto:a@example.com", "\x00\x01\x02", "a\x0bb", "\x1b[31m", "\ufffe",
    "\uffff", "\u202eslx.exe", "\u200b", "\u0000=1", "🐱👨‍👩‍👧", "株式会社", "</t><f>1+1</f>", "]]>", "&lt;", "<!--",
    "_x0041_", "line\nbreak", "$^_\\frac{1}{0}", "x" * 40_000, "🐱" * 20_000, "",
]  # fmt: skip
HALVES = ["\ud800", "a\udfffb"]  # no table can hold them, but a warning could


@pytest.fixture
def hostile() -> ReportTables:
    """A report in which every text is hostile."""
    tables = make_tables(customers=len(HOSTILE), language="en")
    texts = dict.fromkeys(("buyer", "email", "category"), pd.Series(HOSTILE, dtype=object))
    styles = [msgspec.structs.replace(style, title="=1+1", advice="@SUM(A1)") for style in tables.facts.segments]
    facts = msgspec.structs.replace(
        tables.facts, segments=styles, segment_title="=S", run_id="=R", warnings=HOSTILE + HALVES, fingerprint="+F"
    )
    told = dict.fromkeys(("buyer", "email", "manager", "reason"), HOSTILE[: len(tables.calls)])
    return msgspec.structs.replace(
        tables,
        facts=facts,
        customers=tables.customers.assign(**texts, fall_day=facts.reference_day + 1),
        calls=tables.calls.assign(**told),
    )


def test_nothing_becomes_a_formula_or_a_link(hostile: ReportTables, tmp_path: Path) -> None:
    write_workbook(hostile, tmp_path / "RFM.xlsx")
    with zipfile.ZipFile(tmp_path / "RFM.xlsx") as archive:
        sheets = [archive.read(name).lower() for name in archive.namelist() if "worksheets" in name]
        assert not any("rels" in name and "sheet" in name for name in archive.namelist())
    assert len(sheets) == 7
    assert not any(
        mark in sheet for sheet in sheets for mark in (b"<f>", b"<f ", b"hyperlink>", b"<hyperlink ", b'="e"')
    )


def test_what_was_a_name_is_read_back_as_the_same_text(hostile: ReportTables, tmp_path: Path) -> None:
    write_workbook(hostile, tmp_path / "RFM.xlsx")
    sheet = load_workbook(tmp_path / "RFM.xlsx")["Customers"]
    written = {sheet.cell(row, 1).value or "" for row in range(2, sheet.max_row + 1)}
    assert written == {cell_text(text) for text in HOSTILE}


def test_a_long_text_is_cut_where_excel_would_refuse_it() -> None:
    assert len(cell_text("x" * 40_000)) == 32_767
    assert len(cell_text("🐱" * 20_000)) == 16_383


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a\x00b\x0bc", "abc"), ("a\ud800b", "ab"), ("\ufffe\uffff", ""), ("=1", "=1"), ("Ёж\n2", "Ёж\n2")],
)
def test_only_what_xml_cannot_hold_is_dropped(text: str, kept: str) -> None:
    assert cell_text(text) == kept


def test_a_missing_text_is_an_empty_cell(tmp_path: Path) -> None:
    tables = hand_made()
    customers = tables.customers.assign(email=pd.Series([None, "", "anna@example.com"], dtype=object))
    write_workbook(msgspec.structs.replace(tables, customers=customers), tmp_path / "RFM.xlsx")
    assert load_workbook(tmp_path / "RFM.xlsx")["Customers"]["L4"].value is None
