"""A list for each manager and each segment."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from openpyxl import load_workbook

from rfm_service.receipts import ListFigures
from rfm_service.reports.lists import file_name, write_lists
from rfm_service.reports.tables import ReportTables

from .builders import HORIZON, hand_made, make_tables


def column(path: Path, sheet: str, header: int) -> list[Any]:
    """The first column of a sheet below its header."""
    return [row[0] for row in load_workbook(path)[sheet].iter_rows(min_row=header + 1, values_only=True)]


def owned(*managers: str) -> ReportTables:
    """Vera, Boris and Anna with these managers; Boris falls soon and is overdue, Anna is to be called."""
    tables = hand_made()
    customers = tables.customers.assign(manager=list(managers), overdue=[0, 4, 0], expected_day=[-1, 20_773, -1])
    return msgspec.structs.replace(tables, customers=customers, calls=tables.calls.assign(manager=managers[2]))


def test_a_manager_gets_the_own_customers_and_no_other(tmp_path: Path) -> None:
    lists = write_lists(owned("", "Пётр Ильин", "Мария"), tmp_path)
    assert [file.name for file in lists.files] == [
        "Manager Мария.xlsx",
        "Manager Пётр Ильин.xlsx",
        "Segment Champions.xlsx",
        "Segment Sleeping.xlsx",
    ]
    maria, ilyin, champions, sleeping = lists.files
    assert load_workbook(maria).sheetnames == ["Calls today", "Customers"]
    assert load_workbook(ilyin).sheetnames == ["Falls soon", "Overdue", "Customers"]
    assert column(ilyin, "Falls soon", 2) == column(ilyin, "Overdue", 1) == column(ilyin, "Customers", 1) == ["Boris"]
    assert column(champions, "Customers", 1) == ["Anna"]
    assert column(sleeping, "Customers", 1) == ["Boris", "Vera"]
    assert lists.managers == {
        "Мария": ListFigures("Manager Мария.xlsx", calls=1, falling=0, overdue=0, customers=1),
        "Пётр Ильин": ListFigures("Manager Пётр Ильин.xlsx", calls=0, falling=1, overdue=1, customers=1),
    }


def test_the_lists_of_the_segments_are_all_customers(tmp_path: Path) -> None:
    tables = make_tables(customers=120, seed=3)
    lists = write_lists(tables, tmp_path)
    assert lists.totals == {"lists.customers": 120, "lists.monetary": int(tables.customers["monetary"].sum())}
    assert {"Менеджер Анна Соколова.xlsx", "Сегмент Зона риска.xlsx"} <= {file.name for file in lists.files}
    assert sum(figures.customers for figures in lists.managers.values()) == int(
        (tables.customers["manager"] != "").sum()
    )


def test_managers_whose_names_differ_in_what_a_file_cannot_say_have_a_file_each(tmp_path: Path) -> None:
    lists = write_lists(owned("a/b", "A:B", "=A*b"), tmp_path)
    names = [file.name for file in lists.files[:3]]
    assert names == ["Manager =A b.xlsx", "Manager A B.xlsx", "Manager a b (2).xlsx"]
    assert all(file.is_file() for file in lists.files)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Анна Соколова", "Анна Соколова"),
        ("Йод Ёлкин", "Йод Ёлкин"),
        ("../../etc/passwd", "etc passwd"),
        ('a\\b:c*d?e"f<g>h|i', "a b c d e f g h i"),
        ("x\x00y\u202ez\n", "x y z"),
        ("name. .", "name"),
        (". .", "_"),
        ("", "_"),
        ("Ж" * 300, "Ж" * 90),
        ("株" * 100, "株" * 60),
    ],
)
def test_names_of_files(text: str, name: str) -> None:
    assert file_name(text) == name


def test_a_list_has_no_formula(tmp_path: Path) -> None:
    lists = write_lists(owned("=1+1", "=1+1", "=1+1"), tmp_path)
    sheet = load_workbook(lists.files[0])["Customers"]
    cell = sheet["D2"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")
    assert HORIZON.reference_day == 20_777
