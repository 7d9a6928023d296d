"""The sheets of movements and of closed months, read back with openpyxl."""

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from rfm_service.locales import Language
from rfm_service.reports.tables import ReportTables
from rfm_service.reports.workbook import read_totals, write_workbook

from .builders import hand_made
from .past import LAST_MONTH, make_past
from .test_hostile_texts import HOSTILE
from .test_workbook import values

SHEETS = ["Movements", "Flows", "Segments by month", "Cohorts", "Churn"]


@pytest.fixture(scope="module")
def past() -> ReportTables:
    return make_past(language="en")


@pytest.fixture(scope="module")
def book(past: ReportTables, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    path = tmp_path_factory.mktemp("report") / "RFM.xlsx"
    write_workbook(past, path)
    return load_workbook(path)


def written(tables: ReportTables, folder: Path) -> Workbook:
    write_workbook(tables, folder / "RFM.xlsx")
    return load_workbook(folder / "RFM.xlsx")


def below(book: Workbook, sheet: str, heading: str) -> list[list[Any]]:
    """The rows of a block up to the next empty one, without their empty cells."""
    rows = values(book, sheet)
    start = rows.index([heading])
    end = next((place for place in range(start, len(rows)) if not rows[place]), len(rows))
    return rows[start + 1 : end]


def table(book: Workbook, sheet: str, top: int, bottom: int) -> list[tuple[Any, ...]]:
    """Whole rows, counted from 1."""
    return list(book[sheet].iter_rows(min_row=top, max_row=bottom, values_only=True))


def test_the_sheets_stand_where_they_are_looked_for(book: Workbook) -> None:
    assert book.sheetnames == [
        "Summary", "Calls today", "Movements", "Falls soon", "Customers", "Segments and tiers", "Flows",
        "Segments by month", "Cohorts", "Churn", "Corrected in the ERP", "Look-alike buyers",
    ]  # fmt: skip


def test_the_customers_are_still_found_by_those_who_check_the_totals(past: ReportTables, tmp_path: Path) -> None:
    totals = write_workbook(past, tmp_path / "RFM.xlsx")
    assert read_totals(tmp_path / "RFM.xlsx", Language("en")).items() <= totals.items()
    assert {name.rpartition(".")[2] for name in totals} == {"customers", "orders", "monetary"}


def test_the_causes_add_up_to_all_movements(book: Workbook, past: ReportTables) -> None:
    header, *causes, total = table(book, "Movements", 1, 8)
    assert header[:5] == ("Cause", "Customers", "↓ worse", "↑ better", "→ as good")
    assert [row[:5] for row in causes] == [
        ("No orders for long", 29, 29, 0, 0),
        ("Bought", 20, 0, 20, 0),
        ("An order grew too old", 8, 8, 0, 0),
        ("The border moved", 4, 3, 0, 1),
        ("Corrected in the ERP", 3, 2, 1, 0),
        ("Returned goods", 2, 2, 0, 0),
    ]
    assert total[:5] == ("Total", 66, 44, 21, 1)
    for column in (1, 2, 3, 4, 6, 7, 8):
        assert sum(row[column] for row in causes) == pytest.approx(total[column])
    assert total[6] == past.movements["monetary_before"].sum() / 100


def test_every_movement_is_told_the_worst_and_dearest_first(book: Workbook, past: ReportTables) -> None:
    sheet = book["Movements"]
    header, *rows = table(book, "Movements", 10, sheet.max_row)
    assert header == (
        "Buyer", "From", "To", "Direction", "Cause", "Why", "Spent before, ₽", "Spent now, ₽", "Change, ₽",
        "Documents", "Manager",
    )  # fmt: skip
    assert len(rows) == len(past.movements) == 66
    assert [row[3] for row in rows] == ["↓ worse"] * 44 + ["↑ better"] * 21 + ["→ as good"]
    stakes = [max(row[6], row[7]) for row in rows[:44]]
    assert stakes == sorted(stakes, reverse=True)
    left = next(row for row in rows if row[1:3] == ("Loyal", "Promising"))
    assert left[5] == (
        "Frequency fell from 9 to 8 orders, the border is 9: an order of 19 Nov 2025 grew older than 365 days"
    )
    assert left[9] == "Sale УТ-0012 of 19 Nov 2025: 22,500\N{NO-BREAK SPACE}₽"
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet.print_title_rows) == ("B11", "A10:K76", "$10:$10")


def test_a_segment_has_its_colour_and_having_no_purchases_too(book: Workbook) -> None:
    colors = {cell.value: cell.fill.fgColor.rgb for row in book["Movements"].iter_rows(11, 76, 2, 3) for cell in row}
    assert colors["Champions"] == "FF1B7837"
    assert colors["No purchases"] == "FFD4D7DC"


def test_a_long_sentence_gets_a_higher_row(book: Workbook) -> None:
    heights = book["Movements"].row_dimensions
    rows = {len(row[5]): heights[place].height for place, row in enumerate(table(book, "Movements", 11, 76), start=11)}
    assert rows[max(rows)] == 30
    assert rows[min(rows)] is None


def test_flows_lead_from_the_sizes_of_one_month_to_those_of_the_next(book: Workbook, past: ReportTables) -> None:
    sizes = past.segment_months.pivot_table(index="segment", columns="month", values="customers", fill_value=0)
    known = [style.key for style in past.facts.segments]
    header, *rows, after, change = table(book, "Flows", 3, 15)
    assert header[1:] == ("From", *(style.title for style in past.facts.segments), "No purchases", "Sep 2026")
    assert [row[-1] for row in rows[:-1]] == sizes.loc[known, LAST_MONTH - 1].tolist()
    assert list(after[2:-2]) == sizes.loc[known, LAST_MONTH].tolist()
    assert all(sum(row[2:-1]) == row[-1] for row in [*rows, after])
    assert [sum(row[column] for row in rows) for column in range(2, 13)] == list(after[2:])
    assert change[2:-1] == tuple(now - row[-1] for now, row in zip(after[2:-1], rows, strict=True))


def test_every_pair_of_segments_has_its_money(book: Workbook, past: ReportTables) -> None:
    header, *rows, total = below(book, "Flows", "What they bought")
    assert header == [
        "From", "To", "Customers", "Share of the segment", "Sep 2026, ₽", "Oct 2026, ₽",
        "Change, ₽", "Uplift",
    ]  # fmt: skip
    assert rows[0] == ["Champions", "Champions", 10, pytest.approx(10 / 11), 1_219_343, 1_273_654, 54_311,
                       pytest.approx(0.04454, abs=1e-5)]  # fmt: skip
    assert sum(row[3] for row in rows if row[0] == "Sleeping") == pytest.approx(1)
    assert next(row for row in rows if row[4] == 0)[-1] == "–"
    months = past.churn_months.set_index("month")["monetary"] / 100
    assert total == ["Total", 316, months[LAST_MONTH - 1], months[LAST_MONTH], pytest.approx(1_190_165),
                     pytest.approx(0.2416, abs=1e-4)]  # fmt: skip


def test_the_segments_stand_month_by_month_the_newest_first(book: Workbook) -> None:
    header, newest, *older = below(book, "Segments by month", "Customers at the end of the month")
    assert header == [
        "Month", "Champions", "Loyal", "Risk zone", "Lost zone", "Growing", "Promising", "Newcomers", "Drifting",
        "Sleeping", "All",
    ]  # fmt: skip
    assert newest == [datetime(2026, 10, 1), 15, 35, 4, 6, 10, 71, 26, 61, 78, 306]
    assert older[-1][0] == datetime(2024, 11, 1)
    _, shares, *_ = below(book, "Segments by month", "Share of customers")
    assert shares[1] == pytest.approx(15 / 306)
    _, money, *_ = below(book, "Segments by month", "Revenue of the month per customer of the segment, ₽")
    assert money[1] == pytest.approx(1_771_443 / 15)
    assert money[-1] == pytest.approx(6_116_320 / 306)


def test_a_month_to_come_is_empty_not_nought(book: Workbook) -> None:
    header, *rows = below(book, "Cohorts", "Bought again, share of the cohort, by months since the first purchase")
    assert header[:4] == ["First purchase", "Customers", "0", "1"]
    assert rows[-1] == [datetime(2026, 10, 1), 11, 1]
    assert [len(row) for row in rows] == list(range(26, 2, -1))


def test_what_a_cohort_brought_adds_up_over_the_months(book: Workbook, past: ReportTables) -> None:
    _, revenue, *_ = below(book, "Cohorts", "Revenue, ₽, by months since the first purchase")
    _, summed, *_ = below(book, "Cohorts", "Revenue per customer since the first purchase, ₽")
    assert summed[-1] == pytest.approx(sum(revenue[2:]) / revenue[1])
    of_cohort = past.cohorts[past.cohorts["cohort"] == past.cohorts["cohort"].min()]
    assert sum(revenue[2:]) == pytest.approx(of_cohort["monetary"].sum() / 100)


def test_the_month_in_which_the_store_begins_is_unknown_not_nought(past: ReportTables, tmp_path: Path) -> None:
    first = past.cohorts["month"].min()
    begun = msgspec.structs.replace(past, cohorts=past.cohorts[past.cohorts["month"] > first])
    sheet = written(begun, tmp_path)["Cohorts"]
    rows: list[list[Any]] = [[cell.value for cell in row[:4]] for row in sheet.iter_rows()]
    shares, revenue, summed = [row for row in rows if row[0] == datetime(2024, 11, 1)][:3]
    assert shares[2] is None
    assert revenue[2] is None
    assert revenue[3] > 0
    assert summed[2:] == [None, None]


def test_cohorts_are_spread_over_the_segments_of_today(book: Workbook, past: ReportTables) -> None:
    header, *rows = below(book, "Cohorts", "Customers by segment at the end of the last closed month")
    assert header[2:] == [style.title for style in past.facts.segments]
    assert sum(sum(row[2:]) for row in rows) == past.cohort_segments["customers"].sum() == 306


def test_churn_is_told_by_month(book: Workbook) -> None:
    _, header, newest, *older = below(book, "Churn", "Churn by month")
    assert header == [
        "Month", "Active", "At risk", "Churned", "Churned in the month", "Churn rate", "Buyers", "Revenue, ₽",
        "Revenue at risk, ₽", "Expected loss, ₽",
    ]  # fmt: skip
    assert newest == [datetime(2026, 10, 1), 153, 37, 210, 22, pytest.approx(22 / 184), 109, 6_116_320, 8_091_624,
                      pytest.approx(1_027_426.58)]  # fmt: skip
    assert older[-1][:5] == [datetime(2024, 11, 1), 62, 0, 0, 0]
    assert len(older[-1]) == 9  # no rate in the first month


def test_the_days_before_and_what_segments_prefer(book: Workbook, past: ReportTables) -> None:
    _, first, *_ = below(book, "Churn", "How they bought before they churned")
    assert first[:3] == ["the last 3 days", 291, 291]
    _, header, *rows = below(book, "Churn", "What each segment prefers")
    assert header == ["Segment", "Buyers", "Revenue, ₽", "Index", "Product"]
    assert [row[0] for row in rows[:4]] == ["Champions", "Champions", "Champions", "Loyal"]
    assert len(rows) == len(past.preferences)
    _, header, *rows = below(book, "Churn", "Which categories each segment prefers")
    assert header == ["Segment", "Buyers", "Revenue, ₽", "Index", "Product category"]
    assert [row[0] for row in rows[:4]] == ["Champions", "Champions", "Champions", "Loyal"]
    assert [row[-1] for row in rows[:3]] == [*past.category_preferences.product_category[:3]]


def test_of_categories_that_nobody_knows_nothing_is_said(past: ReportTables, tmp_path: Path) -> None:
    without = msgspec.structs.replace(past, category_preferences=past.category_preferences.iloc[:0])
    told = [text for row in values(written(without, tmp_path), "Churn") for text in map(str, row)]
    assert "What each segment prefers" in told
    assert [text for text in told if "categor" in text] == []


def test_what_segments_prefer_begins_on_a_page_of_its_own(book: Workbook) -> None:
    tops = [table(book, "Churn", rule.id + 1, rule.id + 1)[0][1] for rule in book["Churn"].row_breaks.brk]
    assert tops == ["Which categories each segment prefers", "What each segment prefers"]


def test_every_sheet_prints_landscape_on_one_page_width(book: Workbook) -> None:
    for name in SHEETS:
        assert (book[name].page_setup.orientation, book[name].page_setup.fitToWidth) == ("landscape", 1)


def test_where_nothing_can_stand_there_is_no_sheet_and_the_summary_says_why(tmp_path: Path) -> None:
    book = written(hand_made(), tmp_path)
    assert not set(SHEETS) & set(book.sheetnames)
    note = "Segments by month, cohorts and churn appear after the first closed month"
    flows = "Flows between months appear after two closed months"
    assert values(book, "Summary")[3] == [f"No movements since the last report. {note}. {flows}."]


def test_after_one_month_only_the_flows_are_missing(tmp_path: Path) -> None:
    book = written(make_past(1, language="en"), tmp_path)
    assert set(SHEETS) - set(book.sheetnames) == {"Flows"}
    assert values(book, "Summary")[3] == ["Flows between months appear after two closed months."]


def test_with_a_past_the_summary_has_nothing_to_excuse(book: Workbook) -> None:
    assert values(book, "Summary")[3] == []


@pytest.mark.parametrize("months", [2, 36])
def test_little_and_much_past_can_be_written(months: int, tmp_path: Path) -> None:
    book = written(make_past(months, customers=60), tmp_path)
    assert len(book.sheetnames) == 12
    assert book["Когорты"].max_column <= 26


def test_segments_of_an_older_scheme_keep_their_key(past: ReportTables, tmp_path: Path) -> None:
    gone = {"loyal": "vip_2019"}
    older = msgspec.structs.replace(
        past,
        movements=past.movements.replace({"before": gone}),
        transitions=past.transitions.replace({"before": gone}),
        preferences=past.preferences.replace({"segment": gone}),
        category_preferences=past.category_preferences.replace({"segment": gone}),
    )
    book = written(older, tmp_path)
    for name in ("Movements", "Flows", "Churn"):
        assert any("vip_2019" in row for row in values(book, name)), name


def test_hostile_names_stay_texts(past: ReportTables, tmp_path: Path) -> None:
    names = pd.Series([HOSTILE[place % len(HOSTILE)] for place in range(len(past.movements))], dtype=object)
    products = pd.Series([HOSTILE[place % len(HOSTILE)] for place in range(len(past.preferences))], dtype=object)
    hostile = msgspec.structs.replace(
        past,
        movements=past.movements.assign(buyer=names, manager=names),
        preferences=past.preferences.assign(product=products),
        category_preferences=past.category_preferences.assign(product_category=products),
    )
    book = written(hostile, tmp_path)
    kinds = {cell.data_type for name in SHEETS for row in book[name].iter_rows() for cell in row}
    assert kinds == {"inlineStr", "s", "n", "d"}  # no formula, no error


def test_what_was_corrected_since_it_was_published(past: ReportTables, tmp_path: Path) -> None:
    revisions = pd.DataFrame(
        {
            "month": [LAST_MONTH - 1, LAST_MONTH - 1, LAST_MONTH, LAST_MONTH, LAST_MONTH],
            "published": ["loyal", "loyal", "loyal", "", "champions"],
            "corrected": ["loyal", "promising", "promising", "loyal", "loyal"],
            "customers": [100, 3, 5, 2, 1],
        }
    )
    write_workbook(msgspec.structs.replace(past, revisions=revisions), tmp_path / "RFM.xlsx")
    rows = list(load_workbook(tmp_path / "RFM.xlsx")["Segments by month"].iter_rows(values_only=True))
    top = next(number for number, row in enumerate(rows) if str(row[0]).startswith("Corrected since it was published"))
    head, last, before = rows[top + 1 : top + 4]
    told = [{name: value for name, value in zip(head[1:], row[1:], strict=True) if value} for row in (last, before)]
    assert told == [
        {"Champions": -1, "Loyal": -2, "Promising": 5, "All": 8},
        {"Loyal": -3, "Promising": 3, "All": 3},
    ]
