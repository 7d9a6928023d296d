"""The demo left what it promises: `check_demo.py HOME OUTPUT`, after `export` into `HOME/export`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

PNG = b"\x89PNG\r\n\x1a\n"
PICTURES = 13
SHEETS = {"Summary", "Calls today", "Movements", "Falls soon", "Flows", "Cohorts", "Churn"}
FOLDERS = ("analysts", "marketers")


def check(home: Path, output: str) -> None:
    """Raises AssertionError, or what opening a broken file raises."""
    exported = set(customers_exported(home / "export"))
    for folder in FOLDERS:
        (day,) = (home / "reports" / folder).iterdir()
        workbook = load_workbook(day / "RFM.xlsx", read_only=True)
        assert set(workbook.sheetnames) >= SHEETS, workbook.sheetnames
        told = set(customers_told(workbook["Customers"]))
        assert len(told) > 1000, f"{len(told)} customers in {day}"
        assert told == exported, f"{len(told ^ exported)} customers differ from the export, as {min(told ^ exported)}"
        assert (day / "RFM.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        pictures = sorted(day.glob("*.png"))
        assert len(pictures) == PICTURES, pictures
        assert all(picture.read_bytes().startswith(PNG) for picture in pictures)
        for file in day.iterdir():
            assert str(file) in output, f"the summary does not name {file}"


def customers_told(sheet: Worksheet) -> Iterator[tuple[object, ...]]:
    """What the workbook says of each customer, money in kopecks."""
    names, *rows = sheet.iter_rows(values_only=True)
    for row in rows:
        told = dict(zip(names, row, strict=True))
        yield (
            *(told[name] for name in ("Buyer", "Segment", "Tier", "Orders", "Days since the last order")),
            *(round(told[name] * 100) for name in ("Spent, ₽", "Average order, ₽")),
            *(told[name].date() for name in ("First order of the period", "Last order")),
        )


def customers_exported(folder: Path) -> list[tuple[object, ...]]:
    """The same of the exported files."""
    return duckdb.sql(
        f"""
        SELECT
            buyer, segment_title, tier_title, frequency, recency,
            monetary, average_order, first_day, last_day
        FROM read_parquet('{folder}/metrics/*.parquet') AS metrics
        INNER JOIN read_parquet('{folder}/segments/*.parquet') AS segments USING (customer_id, buyer)
        """
    ).fetchall()


if __name__ == "__main__":
    check(Path(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8"))
