"""A proposal reads what a person would have read, and says what it could not find."""

from pathlib import Path

import msgspec
import pytest

from rfm_service.errors import FileUnusable
from rfm_service.settings import Operations
from rfm_service.sources.files.guessing import Guess, first_lines, guess
from rfm_service.sources.files.mapping import CHECKS, Mapping, load_mapping, ready_mappings
from rfm_service.sources.files.rows import reader_of

from .builders import HEAD, LINE, MAPPINGS, MOSCOW, NEWEST, csv_file, parquet_file, ready, told, workbook

FILES = {
    "service": (
        "date,sale_id,buyer,product,quantity,sum,cash_flow_type",
        "2026-11-09,1,Anna,tea,2,200.5,Реализация",
    ),
    "online_retail": (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "1,tea,green,2,11/9/2026 8:26,100.25,Anna,Greece",
    ),
    "shop_events": (
        "event_time,event_type,product_id,category_code,price,user_id",
        "2026-11-09 08:26:00 UTC,purchase,tea,garden,100.25,Anna",
    ),
    "1c": ("Дата;Номер;Контрагент;Номенклатура;Количество;Сумма", "09.11.2026 10:15:00;1;Anna;tea;2;200,50"),
}


def guessed(path: Path) -> Guess:
    return guess(path, [load_mapping(name, MAPPINGS) for name in ready_mappings(MAPPINGS)], MOSCOW, NEWEST)


def lines(path: Path, mapping: Mapping) -> list[tuple[object, ...]]:
    reader = reader_of(mapping, Operations(), MOSCOW)
    return [told(line) for answer in first_lines(path, mapping, reader, NEWEST, 10) for line in answer.lines]


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_a_ready_mapping_knows(tmp_path: Path, name: str) -> None:
    path = csv_file(tmp_path, *FILES[name])
    proposal = guessed(path)
    assert proposal.missing == []
    assert lines(path, proposal.mapping) == lines(path, ready(name))
    ((kind, _, buyer, product, _, amount),) = lines(path, proposal.mapping)
    assert (kind, buyer, product, amount) == ("SALE", "Anna", "tea", 100_25 if name == "shop_events" else 200_50)


@pytest.mark.parametrize("name", FILES)
def test_a_proposal_can_be_saved(tmp_path: Path, name: str) -> None:
    path = csv_file(tmp_path, *FILES[name])
    proposal = guessed(path)
    saved = msgspec.toml.decode(proposal.as_toml(path.name), type=Mapping)
    assert [mistake for check in CHECKS for mistake in check(saved)] == []
    assert lines(path, saved) == lines(path, proposal.mapping)


def test_a_report_in_cp1251_below_its_title_with_dates_of_two_forms(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "Отчёт по продажам",
        "",
        "Дата;Номер;Контрагент;Номенклатура;Кол-во;Сумма",
        "09.11.2026 10:15:00;1;Анна;Чай;1 200,5;12 345,67",
        "10.11.2026;2;Анна;Чай;1;10",
        encoding="cp1251",
    )
    mapping = guessed(path).mapping
    assert (mapping.file.encoding, mapping.file.delimiter, mapping.file.header) == ("cp1251", ";", 3)
    assert mapping.values.date == ["%d.%m.%Y", "%d.%m.%Y %H:%M:%S"]
    assert [line[-1] for line in lines(path, mapping)] == [12_345_67, 10_00]


def test_a_document_and_a_quantity_are_made_up_where_there_is_none(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "Дата;Клиент;Сумма", "09.11.2026;Анна;1.234,50", "09.11.2026;Борис;7,25")
    proposal = guessed(path)
    assert proposal.mapping.texts == {"sale_id": "{buyer} {day}", "quantity": "1", "product": ""}
    assert lines(path, proposal.mapping) == [
        ("SALE", "Анна 2026-11-09", "Анна", "", 1000, 1_234_50),
        ("SALE", "Борис 2026-11-09", "Борис", "", 1000, 7_25),
    ]


@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("Order ID,Order Date,Customer ID,Product ID,Sales,Quantity", "1,11/9/2026,Anna,tea,200.5,2"),
        (
            "order_id,customer_unique_id,order_purchase_timestamp,product_id,price",
            "1,Anna,2026-11-09 08:26:00,tea,200.5",
        ),
        ("SHOP_DATE,SPEND,PROD_CODE,CUST_CODE,BASKET_ID", "20261109,200.5,tea,Anna,1"),
        ("date,number,customer,product,quantity,amount", "2026-11-09,1,Anna,tea,2,200.5"),
    ],
)
def test_names_that_others_use(tmp_path: Path, head: str, line: str) -> None:
    proposal = guessed(csv_file(tmp_path, head, line))
    assert proposal.missing == []
    ((_, number, buyer, product, _, amount),) = lines(tmp_path / "sales.csv", proposal.mapping)
    assert (number, buyer, product, amount) == ("1", "Anna", "tea", 200_50)


@pytest.mark.parametrize("name", ["Товарная категория", "Категория номенклатуры", "category", "product_category"])
def test_a_category_is_known_by_its_name(tmp_path: Path, name: str) -> None:
    path = csv_file(tmp_path, f"Дата;Клиент;Товар;{name};Сумма", "09.11.2026;Анна;Чай;Напитки;7,25")
    proposal = guessed(path)
    assert (proposal.mapping.columns["product_category"], proposal.unused) == (name, [])


def test_what_was_not_found_is_left_to_fill_in(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "when,who,Сумма", "2026-11-09,Anna,7")
    proposal = guessed(path)
    assert (proposal.missing, proposal.unused) == (["date", "buyer"], ["when", "who"])
    assert '# date = "?"    # needed: which column is it?' in proposal.as_toml(path.name).splitlines()


@pytest.mark.parametrize("name", ["xlsx", "parquet"])
def test_other_formats(tmp_path: Path, name: str) -> None:
    head, line = (row.split(",") for row in FILES["service"])
    columns = dict(zip(head, ([cell] for cell in line), strict=True))
    path = workbook(tmp_path, head, line) if name == "xlsx" else parquet_file(tmp_path, **columns)
    assert lines(path, guessed(path).mapping) == [("SALE", "1", "Anna", "tea", 2000, 200_50)]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x1f\x8bno archive")
    with pytest.raises(FileUnusable, match="x is a broken archive"):
        guessed(tmp_path / "x")


@pytest.mark.parametrize(
    ("written", "decimal", "doubt"),
    [
        (["2485.14", "150.00"], ".", False),
        (["2485,14", "1 150,00"], ",", False),
        (["1.234.567", "12"], ",", False),
        (["0,250", "12"], ",", False),
        (["20,510", "300"], ".", True),
        (["20.510", "300"], ",", True),
        (["1 234,500", "300"], ",", False),
        (["300"], "", False),
    ],
)
def test_the_decimal_sign(tmp_path: Path, written: list[str], decimal: str, doubt: bool) -> None:
    own = [f"2026-11-09;1;Anna;tea;2;{amount}" for amount in written]
    proposal = guessed(csv_file(tmp_path, "date;number;customer;product;quantity;amount", *own))
    assert (proposal.mapping.values.decimal, bool(proposal.doubts)) == (decimal, doubt)


def test_the_sums_of_a_russian_list_may_have_points(tmp_path: Path) -> None:
    path = csv_file(tmp_path, FILES["1c"][0], "09.11.2026;1;Anna;tea;2;200.50")
    assert lines(path, guessed(path).mapping)[0][-1] == 200_50


@pytest.mark.parametrize(("day", "doubt"), [("11/09/2026", True), ("19/11/2026", False)])
def test_a_day_that_may_be_a_month_is_doubted(tmp_path: Path, day: str, doubt: bool) -> None:
    proposal = guessed(csv_file(tmp_path, HEAD, LINE.replace("2026-11-09", day)))
    assert bool(proposal.doubts) is doubt
    assert ("# Look at this: is the day" in proposal.as_toml("sales.csv")) is doubt


def test_documents_that_had_to_be_made_up_are_doubted(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "date,customer,product,sum", "2026-11-09,Anna,tea,200")
    assert guessed(path).doubts == [
        "no column seems to be the number of a document: what a customer bought on a day is one"
    ]


def test_a_row_of_values_with_empty_cells_is_not_the_row_of_names(tmp_path: Path) -> None:
    head = "date,number,customer,product,quantity,sum,note,remark"
    path = csv_file(tmp_path, head, "2026-11-09,1,Anna,tea,2,200,,", "2026-11-09,2,Anna,tea,2,200,,")
    proposal = guessed(path)
    assert (proposal.mapping.file.header, proposal.unused) == (1, ["note", "remark"])


@pytest.mark.parametrize(("quantity", "amount", "decimal"), [("1,000", "300", ","), ("1.500", "200,50", ",")])
def test_pieces_that_may_be_thousands_are_doubted(tmp_path: Path, quantity: str, amount: str, decimal: str) -> None:
    path = csv_file(tmp_path, "date;number;customer;product;quantity;sum", f"2026-11-09;1;Anna;tea;{quantity};{amount}")
    proposal = guessed(path)
    assert (proposal.mapping.values.decimal, len(proposal.doubts)) == (decimal, 1)


def test_a_cell_of_two_lines_does_not_break_out_of_a_remark(tmp_path: Path) -> None:
    proposal = guessed(csv_file(tmp_path, HEAD, '2026-11-09,1,Anna,tea,2,"20,510\nRUB"'))
    assert proposal.doubts
    msgspec.toml.decode(proposal.as_toml("sales.csv"), type=Mapping)
