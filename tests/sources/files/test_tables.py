"""Files of every format become the same lines; what is no table is one sentence that says what to do."""

import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from rfm_service.errors import FileUnusable
from rfm_service.sources.files import delimited
from rfm_service.sources.files.tables import opened_table

from .builders import HEAD, LINE, PLAIN, csv_file, mapping, parquet_file, read, told, workbook

TEA = ("SALE", "1", "Anna", "tea", 2000, 200_00)


def only_line(path: Path, *additions: str) -> tuple[object, ...]:
    (line,), refused = read(path, mapping(*additions))
    assert refused == []
    return told(line)


@pytest.mark.parametrize("packed", [False, True])
def test_a_text(tmp_path: Path, packed: bool) -> None:
    assert only_line(csv_file(tmp_path, HEAD, LINE, packed=packed)) == TEA


@pytest.mark.parametrize("delimiter", list(delimited.DELIMITERS))
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    assert only_line(csv_file(tmp_path, HEAD.replace(",", delimiter), LINE.replace(",", delimiter))) == TEA


def test_columns_that_stand_apart_by_any_number_of_spaces(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "  2026-11-09   1 Anna     tea  2   200.00  ", LINE.replace(",", " "))
    lines, refused = read(path, mapping('[file]\nheader = 0\ndelimiter = " "', text=mapping_of_numbers()))
    assert (list(map(told, lines)), refused) == ([TEA, TEA], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str) -> None:
    path = csv_file(tmp_path, HEAD.replace("customer", "Покупатель"), LINE.replace("Anna", "Ёлкина"), encoding=encoding)
    (line,), _ = read(path, mapping(text=PLAIN.replace("customer", "Покупатель")))
    assert line.header.buyer == "Ёлкина"


def test_an_encoding_that_is_said(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, LINE.replace("Anna", "Ёлкина"), encoding="cp866")
    (line,), _ = read(path, mapping('[file]\nencoding = "cp866"'))
    assert line.header.buyer == "Ёлкина"


def test_a_workbook(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD.split(","), (datetime(2026, 11, 9, 14, 5), 1, "Anna", "tea", 2, 200.0))
    assert only_line(path) == TEA


def test_a_workbook_whatever_it_is_called(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD.split(","), ("2026-11-09", "1", "Anna", "tea", 2, 200))
    assert only_line(path.rename(tmp_path / "sales.xls")) == TEA


def test_a_sheet_that_is_named_below_a_title(tmp_path: Path) -> None:
    path = workbook(tmp_path, ("Sales of November",), (), HEAD.split(","), ("2026-11-09", "1", "Anna", "tea", 2, 200))
    assert only_line(path, '[file]\nheader = 3\nsheet = "Sales"') == TEA
    with pytest.raises(FileUnusable, match=r"sales.xlsx has no sheet Other, but: Sales\."):
        read(path, mapping('[file]\nsheet = "Other"'))


def test_parquet(tmp_path: Path) -> None:
    path = parquet_file(
        tmp_path,
        date=[date(2026, 11, 9)],
        number=[1],
        customer=["Anna"],
        product=["tea"],
        quantity=[2.0],
        sum=[Decimal("200.00")],
    )
    assert only_line(path) == TEA


def test_a_file_without_names_has_numbered_columns(tmp_path: Path) -> None:
    text = mapping_of_numbers()
    (line,), _ = read(csv_file(tmp_path, LINE), mapping("[file]\nheader = 0", text=text))
    assert told(line) == TEA


def mapping_of_numbers() -> str:
    fields = ("date", "sale_id", "buyer", "product", "quantity", "sum")
    return "[columns]\n" + "\n".join(f'{field} = "{place}"' for place, field in enumerate(fields, 1))


def test_letter_case_and_spaces_of_names_do_not_matter(tmp_path: Path) -> None:
    assert only_line(csv_file(tmp_path, " DATE , Number,CUSTOMER,product,quantity,sum", LINE)) == TEA


def test_empty_cells_beyond_the_names_are_cut_off(tmp_path: Path) -> None:
    assert only_line(csv_file(tmp_path, HEAD, LINE + ",,")) == TEA


def test_empty_lines_are_none(tmp_path: Path) -> None:
    assert only_line(csv_file(tmp_path, HEAD, "", ",,,,,", LINE, "")) == TEA


def test_a_cell_of_several_lines(tmp_path: Path) -> None:
    assert only_line(csv_file(tmp_path, HEAD, LINE.replace("tea", '"green\ntea"')))[3] == "green tea"


# What is no table


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "sales.csv is empty."),
        (b"\r\n\r\n", "sales.csv has no names of columns in row 1"),
        (b"\x1f\x8bbroken", "sales.csv is a broken archive"),
        (b"PAR1broken", "sales.csv is no sound Parquet file"),
        (b"PK\x03\x04broken", "sales.csv is no sound workbook"),
        (b"\xd0\xcf\x11\xe0old", "a workbook of the old format. Open it in Excel and save it as .xlsx."),
        (b"a,b\r\n1,2\r\n", r"sales.csv has no column date \(nearest: -\). Its columns: a, b."),
        (HEAD.replace("customer", "costumer").encode(), r"no column customer \(nearest: costumer\)"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(content)
    with pytest.raises(FileUnusable, match=sentence):
        read(path, mapping())


def test_an_archive_of_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "sales.zip", "w") as archive:
        archive.writestr("sales.csv", HEAD)
    with pytest.raises(FileUnusable, match=r"sales\.zip is an archive of files, no workbook: unpack it"):
        read(tmp_path / "sales.zip", mapping())


def test_an_archive_that_ends_too_early(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, *(f"{LINE}{number}" for number in range(10_000)), packed=True)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(FileUnusable, match=r"is a broken archive .* Copy or download it again. Nothing was imported"):
        read(path, mapping())


def test_a_wrong_encoding_names_the_line(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, LINE, LINE.replace("Anna", "Ёлкина"), encoding="cp1251")
    with pytest.raises(FileUnusable, match=r"after line \d: the text is not utf-8-sig. .* encoding = \"cp1251\""):
        read(path, mapping('[file]\nencoding = "utf-8"'))


def test_a_cell_of_ten_megabytes(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, LINE, LINE.replace("tea", '"' + "tea\n" * 2_500_000 + '"'))
    with pytest.raises(FileUnusable, match=r"after line 2: field larger than field limit .* mend the line"):
        read(path, mapping())


def test_a_cell_of_ten_megabytes_in_parquet(tmp_path: Path) -> None:
    path = parquet_file(
        tmp_path, date=["2026-11-09"], number=["1"], customer=["x" * 10**7], product=["tea"], quantity=[1], sum=[1]
    )
    with pytest.raises(FileUnusable, match="has a line of 19 MiB, its date is 2026-11-09"):
        read(path, mapping())


def test_a_quotation_mark_that_swallows_lines(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, LINE, LINE.replace("tea", '"tea'), LINE, LINE)
    with pytest.raises(FileUnusable, match="after line 2: several lines run into one"):
        read(path, mapping())
    lines, _ = read(path, mapping('[file]\nquote = ""'))
    assert [line.product for line in lines] == ["tea", '"tea', "tea", "tea"]


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match="Cannot read"), opened_table(tmp_path, mapping().file):
        pass


def test_how_much_was_read(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, *[LINE] * 20_000)
    with opened_table(path, mapping().file) as table:
        next(table.rows)
        assert table.share() < 0.1
        assert len(list(table.rows)) == 19_999
        assert table.share() == 1


def test_a_hidden_sheet_is_not_the_first(tmp_path: Path) -> None:
    book = Workbook()
    hidden, shown = book.active, book.create_sheet("Sales")
    assert hidden is not None
    hidden.sheet_state = "hidden"
    for sheet, row in ((hidden, ["code", "name"]), (shown, HEAD.split(",")), (shown, LINE.split(","))):
        sheet.append(row)
    book.save(tmp_path / "sales.xlsx")
    assert only_line(tmp_path / "sales.xlsx") == TEA


def test_a_remark_beside_the_table_is_not_of_the_line(tmp_path: Path) -> None:
    remark = [None] * 7 + ["a remark"]
    path = workbook(tmp_path, HEAD.split(","), [*LINE.split(","), None, "look at this!"], remark)
    assert only_line(path) == TEA


@pytest.mark.parametrize(
    "start", ["<html><table>", "\ufeff\n<Html>", "<!DOCTYPE html>", '<?xml version="1.0"?><Workbook>']
)
def test_a_web_page_is_no_table(tmp_path: Path, start: str) -> None:
    (tmp_path / "sales.xls").write_text(start, encoding="utf-8")
    with pytest.raises(FileUnusable, match="is a web page or XML"):
        read(tmp_path / "sales.xls", mapping())
