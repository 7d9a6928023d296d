"""What stands in a file becomes days, roubles, pieces and names; what cannot be read is refused, the whole line."""

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from rfm_service.clock import date_of
from rfm_service.errors import FileUnusable
from rfm_service.kinds import Kind, Verdict
from rfm_service.records import SaleLine
from rfm_service.settings import Operations
from rfm_service.sources.files import cells
from rfm_service.sources.files.mapping import ValueForm
from rfm_service.sources.files.rows import Rows
from rfm_service.sources.values import NOT_GIVEN
from tests.store.builders import on

from .builders import HEAD, LINE, MOSCOW, NEWEST, PLAIN, csv_file, mapping, parquet_file, read, ready, told, workbook

WITH_OPERATION = PLAIN + 'cash_flow_type = "what"\n'
NBSP, NARROW = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"


def line_of(path: Path, *additions: str) -> SaleLine:
    (line,), refused = read(path, mapping(*additions))
    assert refused == []
    return line


# Dates


@pytest.mark.parametrize(
    ("form", "cell", "day"),
    [
        ("iso", "2026-11-09", "2026-11-09"),
        ("iso", " 2026-11-09T23:59:59 ", "2026-11-09"),
        ("iso", "2026-11-09T23:30:00+00:00", "2026-11-10"),
        ("iso", datetime(2026, 11, 9, 23, 30), "2026-11-09"),
        ("%d.%m.%Y", "09.11.2026", "2026-11-09"),
        ("%d.%m.%Y %H:%M:%S", "09.11.2026 8:05:00", "2026-11-09"),
        ("%m/%d/%Y %H:%M", "11/9/2026 8:26", "2026-11-09"),
        ("excel", "46335.5", "2026-11-09"),
        ("excel", 46335, "2026-11-09"),
        ("unix", "1794261600", "2026-11-10"),
        ("unix", 1794218400, "2026-11-09"),
        ("unix", "1794218400123", "2026-11-09"),
        ("unix", 1794218400123456, "2026-11-09"),
        ("days since 2026-01-01", "312", "2026-11-09"),
        ("days since 1970-01-01", 20766, "2026-11-09"),
        ("%Y%m%d", "19970101", "1997-01-01"),
    ],
)
def test_a_date(form: str, cell: Any, day: str) -> None:
    assert date_of(cells.Days(ValueForm(date=form), MOSCOW, NEWEST)[cell]).isoformat() == day


@pytest.mark.parametrize("cell", ["", None, "soon", "31.02.2026", "1989-12-31", "2026-11-21", 5, True, "0001-01-01"])
def test_no_date(cell: Any) -> None:
    """One after today is none either: a year mistyped would stop the nights."""
    assert cells.Days(ValueForm(date=["iso", "%d.%m.%Y"]), MOSCOW, NEWEST)[cell] == NOT_GIVEN


def test_sales_of_the_last_century_are_sales(tmp_path: Path) -> None:
    assert line_of(csv_file(tmp_path, HEAD, LINE.replace("2026-11-09", "1997-01-01"))).header.day == on("1997-01-01")


def test_a_date_without_a_time_is_of_no_zone() -> None:
    for form, cell in (("iso", "2026-11-09"), ("%d.%m.%Y", "09.11.2026"), ("iso", date(2026, 11, 9))):
        days = cells.Days(ValueForm(date=form, timezone="Asia/Vladivostok"), MOSCOW, NEWEST)
        assert days[cell] == on("2026-11-09")


def test_times_of_another_zone_fall_on_the_days_of_the_shop() -> None:
    days = cells.Days(ValueForm(timezone="UTC"), MOSCOW, NEWEST)
    assert (days["2026-11-09 20:59:59"], days["2026-11-09 21:00:00"]) == (on("2026-11-09"), on("2026-11-10"))


# Numbers


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("1234.5", "", "1234.5"),
        ("1 234,5", "", "1234.5"),
        (f"1{NBSP}234,50", ",", "1234.50"),
        (f"1{NARROW}234", "", "1234"),
        ("1,234.50", ".", "1234.50"),
        ("1.234,50", ",", "1234.50"),
        ("-7", "", "-7"),
        ("$1,234.50", ".", "1234.50"),
        ("1 234,50 ₽", ",", "1234.50"),
        ("($14.62)", ".", "-14.62"),
        ("\N{MINUS SIGN}7,5", "", "-7.5"),
        ("-1.234.567", ",", "-1234567"),
        ("12,34,567.89", ".", "1234567.89"),
        (2.5, ",", "2.5"),
        (Decimal("1.10"), ",", "1.10"),
    ],
)
def test_a_number(cell: Any, decimal: str, number: str) -> None:
    assert cells.number(cell, decimal) == Decimal(number)


@pytest.mark.parametrize("cell", [None, "", "  "])
def test_no_number_was_given(cell: Any) -> None:
    assert cells.number(cell, "") is None


@pytest.mark.parametrize("cell", ["1,234.50", "many", "nan", "inf", "1e99", "12 шт", "--1", "٣٣x", "(-7)", "()"])
def test_what_is_no_number(cell: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        cells.number(cell, "")


@pytest.mark.parametrize(
    ("cell", "decimal"),
    [
        ("2485.14", ","),
        ("150.0", ","),
        ("1.2345", ","),
        ("20,51", "."),
        ("1234,567", "."),
        ("0.500", ","),
        ("1.234,567", "."),
        ("1 234,500", "."),
    ],
)
def test_thousands_have_three_digits(cell: str, decimal: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        cells.number(cell, decimal)


def test_a_column_that_is_called_like_a_place_goes_before_one_without_a_name(tmp_path: Path) -> None:
    (line,), _ = read(
        csv_file(tmp_path, f",{HEAD.replace('sum', '1')}", f"7,{LINE}"), mapping(text=PLAIN.replace('"sum"', '"1"'))
    )
    assert line.amount == 200_00


def test_a_number_that_only_an_erp_would_write_so_is_refused(tmp_path: Path) -> None:
    kept, refused = read(csv_file(tmp_path, HEAD, LINE + ".14"), mapping('[values]\ndecimal = ","'))
    assert (kept, [one.field for one in refused]) == ([], ["sum"])


def test_a_column_without_a_name_is_called_by_its_place(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD.replace("sum", "") + ",note", LINE + ",")
    (line,), _ = read(path, mapping(text=PLAIN.replace('"sum"', '"6"')))
    assert line.amount == 200_00


def test_a_column_without_a_name_is_no_field(tmp_path: Path) -> None:
    how = PLAIN + 'order_id = ["order", ""]\nprice = ["price", ""]\n'
    (line,), _ = read(csv_file(tmp_path, f",{HEAD}", f"7,{LINE}"), mapping(text=how))
    assert (line.amount, line.header.order_number) == (200_00, "")


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from([" ", NBSP, NARROW, ""]))
def test_however_a_sum_is_written_it_is_the_same_to_the_kopeck(value: Decimal, space: str) -> None:
    russian = f"{value:,}".replace(",", space).replace(".", ",")
    assert cells.number(russian, ",") == cells.number(f"{value:,}", ".") == cells.number(str(value), "") == value


@pytest.mark.parametrize(
    ("addition", "quantity", "amount"),
    [
        ("", 2000, 200_00),
        ('[values]\nmoney = "kopecks"', 2000, 2_00),
        ('[values]\nmoney = "thousands"\nquantity = "thousands"', 2_000_000, 200_000_00),
        ('[values]\nquantity = "thousandths"', 2, 200_00),
    ],
)
def test_units(tmp_path: Path, addition: str, quantity: int, amount: int) -> None:
    line = line_of(csv_file(tmp_path, HEAD, LINE), addition)
    assert (line.quantity, line.amount) == (quantity, amount)


@given(st.integers(1, 10**4), st.integers(1, 10**6))
def test_a_price_times_a_quantity_is_rounded_once_half_up(thousandths: int, tenths_of_a_kopeck: int) -> None:
    text = '[columns]\ndate = "d"\nsale_id = "d"\nbuyer = "d"\nproduct = "d"\nquantity = "q"\nprice = "p"'
    rows = Rows(mapping(text=text), ["d", "q", "p"], Path("x"), MOSCOW, NEWEST)
    _, row = rows.row(["2026-11-09", str(Decimal(thousandths) / 1000), str(Decimal(tenths_of_a_kopeck) / 1000)], 1)
    exact = thousandths * tenths_of_a_kopeck  # 10^-6 roubles
    assert round(json.loads(row)["sum"] * 100) == (exact + 5_000) // 10_000


# Names


@pytest.mark.parametrize("cell", ["17850", "17850.0", 17850, 17850.0, " 17850 "])
def test_a_customer_is_one_however_the_number_is_written(tmp_path: Path, cell: Any) -> None:
    columns = dict(zip(HEAD.split(","), [[value] for value in LINE.split(",")], strict=True))
    path = parquet_file(tmp_path, **columns | {"customer": [cell]})
    assert line_of(path).header.buyer == "17850"


@pytest.mark.parametrize("cell", ["nan", "NULL", "\\N", "#N/A", " "])
def test_nobody_is_called_nothing(tmp_path: Path, cell: str) -> None:
    lines, (bad,) = read(csv_file(tmp_path, HEAD, LINE.replace("Anna", cell)), mapping())
    assert (lines, bad.verdict, bad.field) == ([], Verdict.INCOMPLETE, "buyer")


def test_a_number_that_is_none_is_nobody(tmp_path: Path) -> None:
    columns = dict(zip(HEAD.split(","), [[value] * 2 for value in LINE.split(",")], strict=True))
    lines, (bad,) = read(parquet_file(tmp_path, **columns | {"customer": [17850.0, float("nan")]}), mapping())
    assert ([line.header.buyer for line in lines], bad.field) == (["17850"], "buyer")


def test_what_is_empty_can_be_said(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, LINE.replace("Anna", "-"), LINE.replace("Anna", "nan"))
    lines, (bad,) = read(path, mapping('[values]\nempty = ["-"]'))
    assert ([line.header.buyer for line in lines], bad.field) == (["nan"], "buyer")


def test_a_name_that_ends_like_a_number_stays(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, LINE.replace("Anna", "Shop 5.0"))
    assert line_of(path).header.buyer == "Shop 5.0"


def test_texts_are_constants_or_made_of_columns_fields_and_the_day(tmp_path: Path) -> None:
    additions = '[texts]\naddress = "Kazan"\norder_id = "{customer}/{product}/{buyer} {day}"'
    header = line_of(csv_file(tmp_path, HEAD, LINE), additions).header
    assert (header.address, header.order_number) == ("Kazan", "Anna/tea/Anna 2026-11-09")


def test_every_line_can_be_a_document_of_its_own(tmp_path: Path) -> None:
    how = mapping(
        'only = ["quantity > 0"]', '[texts]\nsale_id = "{line}"', text=PLAIN.replace('sale_id = "number"\n', "")
    )
    lines, _ = read(csv_file(tmp_path, HEAD, LINE, LINE.replace("tea,2", "tea,0"), LINE), how)
    assert [line.header.number for line in lines] == ["1", "3"]


def test_the_first_name_that_is_there_is_taken_and_an_empty_one_is_nothing(tmp_path: Path) -> None:
    text = '[columns]\ndate = ["day", "date"]\nsale_id = "number"\nbuyer = "customer"\nproduct = "product"\n'
    text += 'quantity = "quantity"\nsum = "sum"\nfeature = ["colour", ""]'
    (line,), _ = read(csv_file(tmp_path, HEAD, LINE), mapping(text=text))
    assert (line.header.day, line.feature) == (on("2026-11-09"), "")


# Returns


def test_a_minus_makes_a_return(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEAD, "2026-11-09,R1,Anna,tea,-2,-200", "2026-11-09,R2,Anna,tea,2,-200")
    lines, _ = read(path, mapping())
    assert [told(line) for line in lines] == [
        ("RETURN", "R1", "Anna", "tea", 2000, 200_00),
        ("RETURN", "R2", "Anna", "tea", 2000, 200_00),
    ]


def test_operations_of_the_file_or_of_the_settings(tmp_path: Path) -> None:
    path = csv_file(tmp_path, f"{HEAD},what", f"{LINE},sold", f"{LINE},back", f"{LINE},Возврат от клиента")
    text = '[texts]\naddress = ""\n[operations]\nsales = ["sold"]\nreturns = ["back"]'
    how = mapping(text, text=WITH_OPERATION)
    lines, refused = read(path, how)
    assert [line.header.kind for line in lines] == [Kind.SALE, Kind.RETURN]
    assert [(bad.verdict, bad.field) for bad in refused] == [(Verdict.MALFORMED, "cash_flow_type")]
    lines, refused = read(path, mapping(text=WITH_OPERATION), Operations(sales=["sold"], returns=["В*"]))
    assert [line.header.kind for line in lines] == [Kind.SALE, Kind.RETURN]


# Which lines are read


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("product = TEA", ["1"]),
        ("product != tea", ["2", "3"]),
        ("sum > 0", ["1", "3"]),
        ("sum <= 200", ["1", "2", "3"]),
        ("number >= 2", ["2", "3"]),
        ("customer =", ["3"]),
    ],
)
def test_conditions(tmp_path: Path, condition: str, kept: list[str]) -> None:
    """What cannot be compared is read, and set aside if need be: nothing is left out by mistake."""
    path = csv_file(tmp_path, HEAD, LINE, "2026-11-09,2,Anna,milk,1,-5", "2026-11-09,3,,coffee,1,a lot", "broken line")
    lines, refused = read(path, mapping(f'only = ["{condition}"]'))
    numbers = [line.header.number for line in lines] + [json.loads(bad.raw)["sale_id"] for bad in refused[:-1]]
    assert sorted(numbers) == kept
    assert json.loads(refused[-1].raw)["row"] == ["broken line"]


def test_a_condition_on_a_column_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable, match=r"no column event \(nearest: -\)"):
        read(csv_file(tmp_path, HEAD, LINE), mapping('only = ["event = purchase"]'))


# What cannot be read


@pytest.mark.parametrize(
    ("line", "verdict", "field"),
    [
        ("soon,1,Anna,tea,2,200", Verdict.MALFORMED, "date"),
        ("2026-11-09,,Anna,tea,2,200", Verdict.INCOMPLETE, "sale_id"),
        ("2026-11-09,1, ,tea,2,200", Verdict.INCOMPLETE, "buyer"),
        ("2026-11-09,1,Anna,tea,two,200", Verdict.MALFORMED, "quantity"),
        ("2026-11-09,1,Anna,tea,,200", Verdict.INCOMPLETE, "quantity"),
        ("2026-11-09,1,Anna,tea,2,1e400", Verdict.MALFORMED, "sum"),
        ("2026-11-09,1,Anna,tea,2", Verdict.MALFORMED, "date"),
        ("2026-11-09,1,Anna,tea,2,200,3", Verdict.MALFORMED, "date"),
    ],
)
def test_a_line_is_refused_whole(tmp_path: Path, line: str, verdict: Verdict, field: str) -> None:
    lines, (bad,) = read(csv_file(tmp_path, HEAD, line), mapping())
    assert (lines, bad.verdict, bad.field) == ([], verdict, field)
    row = json.loads(bad.raw)["row"]
    assert (row if isinstance(row, list) else list(row.values())) == line.split(",")


@given(st.lists(st.one_of(st.text(max_size=20), st.none(), st.floats(), st.integers(), st.datetimes()), max_size=8))
def test_nothing_that_stands_in_a_file_stops_the_reading(line: list[Any]) -> None:
    rows = Rows(mapping(), HEAD.split(","), Path("x"), MOSCOW, NEWEST)
    day, row = rows.row(line, 1)
    assert day == NOT_GIVEN or day <= NEWEST
    assert json.loads(row)["row"] is not None


# What is shipped


def test_the_own_thirteen_columns(tmp_path: Path) -> None:
    head = "ДатаРегистратора;НомерРегистратора;ДатаЗаказаКлиента;НомерЗаказаКлиента;Партнер;Контрагент;ИдНаСайте;"
    head += "Номенклатура;Характеристика;Количество;Сумма;АдресДоставки;ХозяйственнаяОперация"
    first = "2026-11-09T10:00:00;УТ-1;0001-01-01T00:00:00;З-7;Анна;ИП Анна;12;Чай;зелёный;2;200,50;Казань;Реализация"
    path = csv_file(tmp_path, head, first, first.replace("Реализация", "Возврат товаров от клиента"))
    lines, refused = read(path, ready("service"))
    assert ([line.header.kind for line in lines], refused) == ([Kind.SALE, Kind.RETURN], [])
    assert told(lines[0]) == ("SALE", "УТ-1", "Анна", "Чай", 2000, 200_50)
    header = lines[0].header
    assert (header.order_number, header.order_day, header.contractor, header.site_id, header.address) == (
        "З-7",
        NOT_GIVEN,
        "ИП Анна",
        "12",
        "Казань",
    )


@pytest.mark.parametrize(
    ("name", "head", "line"),
    [
        (
            "service",
            "product_category,date,sale_id,buyer,product,quantity,sum,cash_flow_type",
            "Чай,2026-11-09,1,Анна,tea,1,5,Реализация",
        ),
        (
            "service",
            "Категория номенклатуры,date,sale_id,buyer,product,quantity,sum,cash_flow_type",
            "Чай,2026-11-09,1,Анна,tea,1,5,Реализация",
        ),
        ("1c", "Товарная категория;Дата;Номер;Контрагент;Товар;Кол-во;Сумма", "Чай;09.11.2026;1;Анна;tea;1;5"),
        ("1c", "Категория номенклатуры;Дата;Номер;Контрагент;Товар;Кол-во;Сумма", "Чай;09.11.2026;1;Анна;tea;1;5"),
    ],
)
def test_the_category_of_a_product(tmp_path: Path, name: str, head: str, line: str) -> None:
    lines, refused = read(
        csv_file(tmp_path, head, line, line.replace("Чай", "17.0"), line.replace("Чай", "")), ready(name)
    )
    assert ([line.product_category for line in lines], refused) == (["Чай", "17", ""], [])


def test_online_retail(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
        "C536379,D,Discount,-1,12/1/2010 9:41,27.5,14527,United Kingdom",
        "536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom",
        "536544,21773,BOTTLE,1,2010-12-01 14:32:00,2.51,,United Kingdom",
    )
    lines, refused = read(path, ready("online_retail"))
    assert [told(line) for line in lines] == [
        ("SALE", "536365", "17850", "85123A", 6000, 15_30),
        ("RETURN", "C536379", "14527", "D", 1000, 27_50),
    ]
    assert {(line.header.site_id, line.header.address) for line in lines} == {
        ("17850", "United Kingdom"),
        ("14527", "United Kingdom"),
    }
    assert [(bad.verdict, bad.field, bad.amount) for bad in refused] == [(Verdict.INCOMPLETE, "buyer", 2_51)]


def test_events_of_a_web_shop(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "event_time,event_type,product_id,category_code,brand,price,user_id",
        "2019-10-01 20:59:00 UTC,view,7,garden.tools,x,35.79,541",
        "2019-10-01 20:59:30 UTC,purchase,7,garden.tools,x,35.79,541",
        "2019-10-01 21:00:00 UTC,purchase,8,,x,4.20,541",
    )
    lines, refused = read(path, ready("shop_events"))
    assert [(line.feature, line.product_category) for line in lines] == [("", "garden.tools"), ("", "")]
    assert ([told(line) for line in lines], refused) == (
        [
            ("SALE", "541 2019-10-01", "541", "7", 1000, 35_79),
            ("SALE", "541 2019-10-02", "541", "8", 1000, 4_20),
        ],
        [],
    )


def test_an_export_of_1c(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "Дата;Номер;Контрагент;Номенклатура;Количество;Сумма",
        f'09.11.2026 10:15:00;УТ-1;"ООО ""Ромашка""";Чай;1{NBSP}200,5;12{NBSP}345,67',
        "10.11.2026;УТ-2;ИП Иванов;Чай;-2;-300,00",
        f"Итого;;;;1{NBSP}198,5;12{NBSP}045,67",
        encoding="cp1251",
    )
    lines, refused = read(path, ready("1c"))
    assert [told(line) for line in lines] == [
        ("SALE", "УТ-1", 'ООО "Ромашка"', "Чай", 1_200_500, 12_345_67),
        ("RETURN", "УТ-2", "ИП Иванов", "Чай", 2000, 300_00),
    ]
    assert [bad.verdict for bad in refused] == [Verdict.INCOMPLETE]


def test_a_workbook_of_1c_with_documents_for_numbers(tmp_path: Path) -> None:
    document = "Реализация товаров и услуг УТ-1 от 09.11.2026 10:15:00"
    path = workbook(
        tmp_path,
        ("Период", "Регистратор", "Партнер", "Номенклатура", "Количество", "Выручка"),
        (datetime(2026, 11, 9, 10, 15), document, "Анна", "Чай", 2, 200.5),
    )
    lines, _ = read(path, ready("1c"))
    assert [told(line) for line in lines] == [("SALE", document, "Анна", "Чай", 2000, 200_50)]
