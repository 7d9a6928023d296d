"""The workbook, read back with openpyxl."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openpyxl import Workbook, load_workbook

from rfm_service.receipts import WaterfallRow
from rfm_service.reports.facts import SchemeStyle
from rfm_service.reports.palette import readable_ink
from rfm_service.reports.workbook import write_workbook

from .builders import REASON, hand_made, make_tables, styles


@pytest.fixture
def shop(tmp_path: Path) -> Workbook:
    """The workbook of three customers."""
    tables = hand_made()
    write_workbook(tables, tmp_path / "RFM.xlsx")
    return load_workbook(tmp_path / "RFM.xlsx")


def values(book: Workbook, sheet: str) -> list[list[Any]]:
    """Rows of a sheet without their empty cells."""
    return [[cell for cell in row if cell is not None] for row in book[sheet].iter_rows(values_only=True)]


def test_the_sheets_stand_in_the_order_of_reading(shop: Workbook) -> None:
    assert shop.sheetnames == [
        "Summary",
        "Calls today",
        "Falls soon",
        "Customers",
        "Segments and tiers",
        "Corrected in the ERP",
        "Look-alike buyers",
    ]


def test_the_largest_customer_comes_first_with_real_numbers_and_dates(shop: Workbook) -> None:
    assert values(shop, "Customers")[1] == [
        "Anna", "Champions", "Whale", "Anna", 600_000.25, 12, 50_000.02, 5, datetime(2026, 11, 15),
        datetime(2025, 12, 1), 30, datetime(2026, 12, 15), 0, datetime(2027, 1, 2), "Risk zone", "–", 0, 0,
        "anna@example.com", "Shop",
    ]  # fmt: skip


def test_equal_amounts_are_sorted_by_buyer(shop: Workbook) -> None:
    assert [row[0] for row in values(shop, "Customers")] == ["Buyer", "Anna", "Boris", "Vera"]


def test_the_customers_can_be_filtered_under_a_frozen_header(shop: Workbook) -> None:
    sheet = shop["Customers"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:T4")


def test_a_segment_has_its_colour_and_a_readable_ink(shop: Workbook) -> None:
    cell = shop["Customers"]["B2"]
    assert cell.fill.fgColor.rgb == "FF1B7837"
    assert cell.font.color.rgb == "FFFFFFFF"


def test_money_has_thousands_and_kopecks(shop: Workbook) -> None:
    assert shop["Customers"]["E2"].number_format == "#,##0.00"


def test_the_summary_says_the_key_figures(shop: Workbook) -> None:
    summary = values(shop, "Summary")
    assert summary[0] == ["Customer segments on 20 Nov 2026"]
    assert summary[1] == ["Purchases from 20 Nov 2025 to 19 Nov 2026, net of returns"]
    assert summary[2] == ["No warnings"]
    assert summary[4] == ["Customers", "Orders", "Average order, ₽", "Revenue, ₽", "Bought in the last 90 days"]
    assert summary[5] == [3, 14, 57_143, 800_000, 2]


def test_the_summary_lists_every_segment_also_the_empty_ones(shop: Workbook) -> None:
    summary = values(shop, "Summary")
    champions = ["Champions", 1, 1 / 3, 600_000.25, 600_000.25 / 800_000.25]
    assert summary[8] == [*champions, "Thank them, ask for reviews, show novelties first"]
    assert summary[10][:5] == ["Risk zone", 0, 0, 0, 0]
    assert summary[17] == ["Total", 3, 1, 800_000.25, 1]


def test_the_waterfall_ends_in_the_analysed_total_and_the_unmatched_stand_below(tmp_path: Path) -> None:
    steps = [("gross", 9, 90_100), ("gift", 2, -100), ("analysed", 7, 90_000), ("unmatched_returns", 1, 5_000)]
    tables = hand_made(waterfall=[WaterfallRow(*step) for step in steps])
    write_workbook(tables, tmp_path / "RFM.xlsx")
    summary = values(load_workbook(tmp_path / "RFM.xlsx"), "Summary")
    start = next(place for place, row in enumerate(summary) if row[:1] == ["What was analysed"])
    assert [row[:3] for row in summary[start + 1 :]] == [
        ["All sales in the ERP", 9, 901],
        ["Gifts", 2, -1],
        ["Analysed purchases", 7, 900],
        ["Returns without a sale", 1, 50],
    ]


def test_an_unknown_step_of_the_waterfall_shows_its_key(tmp_path: Path) -> None:
    tables = hand_made(waterfall=[WaterfallRow("moon_tax", 1, 100), WaterfallRow("analysed", 1, 100)])
    write_workbook(tables, tmp_path / "RFM.xlsx")
    assert ["moon_tax", 1, 1] in [row[:3] for row in values(load_workbook(tmp_path / "RFM.xlsx"), "Summary")]


def test_warnings_are_shown_under_the_title(tmp_path: Path) -> None:
    write_workbook(hand_made(warnings=["A day is missing", "So is another"]), tmp_path / "RFM.xlsx")
    summary = values(load_workbook(tmp_path / "RFM.xlsx"), "Summary")
    assert summary[2:4] == [["! A day is missing"], ["! So is another"]]


def test_the_summary_can_be_traced_to_its_run(shop: Workbook) -> None:
    flat = [value for row in values(shop, "Summary") for value in row]
    assert {"Run: 2026-11-20T02:00:00Z", "Scheme: 7c1f0a9be2d4", "Data: a41bd29c77e0"} <= set(flat)


def test_the_matrix_adds_up_both_ways(shop: Workbook) -> None:
    matrix = values(shop, "Segments and tiers")
    assert matrix[0] == ["Customers"]
    assert matrix[1] == ["Segment", "Whale", "Large wholesaler", "Wholesaler", "Small wholesaler", "Retail", "Total"]
    assert matrix[2] == ["Champions", 1, 0, 0, 0, 0, 1]
    assert matrix[11] == ["Total", 1, 0, 0, 0, 2, 3]
    assert matrix[24] == ["Total", 600_000.25, 0, 0, 0, 200_000, 800_000.25]


def test_every_sheet_prints_landscape_on_one_page_width(shop: Workbook) -> None:
    for sheet in shop:
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToWidth) == ("landscape", 1)


def test_the_totals_are_those_of_the_customers(tmp_path: Path) -> None:
    tables = make_tables(customers=200, seed=7, language="en")
    monetary, orders = int(tables.orders["amount"].sum()), len(tables.orders)
    assert write_workbook(tables, tmp_path / "RFM.xlsx") == {
        "customers": 200, "monetary": monetary, "orders": orders,
        "summary.customers": 200, "summary.monetary": monetary,
        "matrix.customers": 200, "matrix.monetary": monetary,
    }  # fmt: skip


def test_a_customer_of_an_unknown_segment_makes_the_totals_disagree(tmp_path: Path) -> None:
    tables = hand_made()
    facts = msgspec.structs.replace(tables.facts, segments=tables.facts.segments)
    strayed = tables.segment_tiers.assign(segment=["champions", "nowhere"])
    totals = write_workbook(msgspec.structs.replace(tables, facts=facts, segment_tiers=strayed), tmp_path / "RFM.xlsx")
    assert (totals["customers"], totals["matrix.customers"]) == (3, 1)


def test_no_interval_is_a_dash_but_still_a_number(shop: Workbook) -> None:
    cell = shop["Customers"]["K3"]
    assert (cell.value, cell.number_format) == (0, '#,##0;-#,##0;"–"')


@pytest.mark.parametrize(("ground", "ink"), [("#000000", "#ffffff"), ("#ffffff", "#222222"), ("#f6c667", "#222222")])
def test_ink_is_readable_on_every_ground(ground: str, ink: str) -> None:
    assert readable_ink(ground) == ink


def test_what_was_corrected_has_a_sheet_of_its_own(shop: Workbook) -> None:
    rows = values(shop, "Corrected in the ERP")
    assert rows[1] == [datetime(2026, 11, 17), 3, 1, 0, 1_250_000, 1_310_500.5, 60_500.5]
    assert rows[-1] == ["Total", 3, 13, 2, 2_230_000, 2_260_500.5, 30_500.5]


def test_what_has_nothing_to_say_has_no_sheet(tmp_path: Path) -> None:
    tables = hand_made()
    nothing = msgspec.structs.replace(
        tables,
        corrected_days=tables.corrected_days.iloc[:0],
        look_alikes=tables.look_alikes.iloc[:0],
        calls=tables.calls.iloc[:0],
        customers=tables.customers.assign(fall_day=-1, fall_segment="", better_segment=""),
    )
    write_workbook(nothing, tmp_path / "RFM.xlsx")
    assert load_workbook(tmp_path / "RFM.xlsx").sheetnames == ["Summary", "Customers", "Segments and tiers"]
    header = [cell.value for cell in load_workbook(tmp_path / "RFM.xlsx")["Customers"][1]]
    assert "Overdue, days" in header
    assert not {"Falls to", "Nearest better segment", "Orders missing to it"} & set(header)


def test_the_calls_stand_first_each_with_its_reason(shop: Workbook) -> None:
    rows = values(shop, "Calls today")
    assert rows[0] == ["To call on 20 Nov 2026: 1 customer, at risk 400K\N{NO-BREAK SPACE}₽"]
    assert "14 days" in rows[2][0]
    assert rows[4] == [1, "Anna", "Champions", REASON, "Anna", "anna@example.com", 400_000, 0.293, 1, 117_200]
    reason = shop["Calls today"]["D5"]
    assert (reason.alignment.wrap_text, shop["Calls today"].freeze_panes) == (True, "B5")
    assert shop["Calls today"]["C5"].fill.fgColor.rgb == "FF1B7837"


def test_who_falls_soon_the_most_money_first(shop: Workbook) -> None:
    rows = values(shop, "Falls soon")
    assert rows[0] == [
        "Who falls into a worse segment within 7 days, if it buys nothing: 1 customer, at risk 50K\N{NO-BREAK SPACE}₽"
    ]
    assert rows[2][:6] == ["Boris", "Sleeping", "Sleeping", datetime(2026, 11, 23), 3, 50_000]


def test_no_next_order_is_an_empty_cell(shop: Workbook) -> None:
    assert [cell.value for cell in shop["Customers"]["L"]] == ["Next order due", datetime(2026, 12, 15), None, None]


def test_out_of_the_period_is_said(shop: Workbook) -> None:
    assert shop["Customers"]["O4"].value == "out of the period"


def test_other_schemes_stand_side_by_side(tmp_path: Path) -> None:
    tables = hand_made()
    _, segments = styles("ten_segments", "en")
    other = SchemeStyle("in_ten_segments", "R–F map", segments)
    facts = msgspec.structs.replace(tables.facts, others=[other])
    customers = tables.customers.assign(in_ten_segments=["hibernating", "at_risk", "champions"])
    tables = msgspec.structs.replace(tables, facts=facts, customers=customers)
    write_workbook(tables, tmp_path / "RFM.xlsx")
    head, *rows = load_workbook(tmp_path / "RFM.xlsx")["Customers"].iter_rows(values_only=True)
    column = head.index("R–F map")
    assert {row[0]: row[column] for row in rows} == {"Vera": "Hibernating", "Boris": "At risk", "Anna": "Champions"}
