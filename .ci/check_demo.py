"""The demo left what it promises: `check_demo.py HOME OUTPUT`."""

import sys
from pathlib import Path

from openpyxl import load_workbook

PNG = b"\x89PNG\r\n\x1a\n"
PICTURES = 13
SHEETS = {"Summary", "Calls today", "Movements", "Falls soon", "Flows", "Cohorts", "Churn"}
FOLDERS = ("analysts", "marketers")


def check(home: Path, output: str) -> None:
    """Raises AssertionError, or what opening a broken file raises."""
    for folder in FOLDERS:
        (day,) = (home / "reports" / folder).iterdir()
        workbook = load_workbook(day / "RFM.xlsx", read_only=True)
        assert set(workbook.sheetnames) >= SHEETS, workbook.sheetnames
        customers = sum(1 for _ in workbook["Customers"].iter_rows(min_row=2))
        assert customers > 1000, f"{customers} customers in {day}"
        assert (day / "RFM.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        pictures = sorted(day.glob("*.png"))
        assert len(pictures) == PICTURES, pictures
        assert all(picture.read_bytes().startswith(PNG) for picture in pictures)
        for file in day.iterdir():
            assert str(file) in output, f"the summary does not name {file}"


if __name__ == "__main__":
    check(Path(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8"))
