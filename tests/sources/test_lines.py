"""From rows to lines: fields by name, returns, what is kept aside, and when a day is not believed."""

import json
import random
from zoneinfo import ZoneInfo

import pytest

from rfm_service.errors import BadAnswer
from rfm_service.kinds import Kind, Verdict
from rfm_service.records import DayAnswer, Header, Refused, SaleLine

from .builders import FIELDS, FRIDAY, money, read, read_json, reader, row

NEEDED = [name for name in FIELDS if name != "product_category"]


def told(*rows: object) -> str:
    """What the error says of a day of these rows."""
    with pytest.raises(BadAnswer) as caught:
        read(*rows)
    return str(caught.value)


def refused(answer: DayAnswer) -> list[tuple[str, str, int]]:
    """Verdict, field and kopecks of what was kept aside."""
    return [(bad.verdict.name, bad.field, bad.amount) for bad in answer.refused]


def test_a_line_with_all_it_has() -> None:
    header = Header(
        kind=Kind.SALE,
        number="УТ-000001",
        day=FRIDAY,
        order_number="УТ-000077",
        order_day=FRIDAY - 1,
        buyer='ООО "Ёлки"',
        contractor='ООО "Ёлки-Торг"',
        site_id="100008",
        address="г. Казань, ул. Мира, д. 5",
        key="1/2026/УТ-000001",
    )
    answer = read(row())
    assert answer.lines == [SaleLine(header, "Кружка", "белый", 2_000, 290_50, product_category="Посуда")]
    assert (answer.day, answer.refused) == (FRIDAY, [])


def test_a_line_with_the_least_it_may_have() -> None:
    names = ("order_date", "order_id", "contractor", "site_id", "product", "feature", "address", "product_category")
    bare = dict.fromkeys(names)
    header = Header(Kind.SALE, "УТ-000001", FRIDAY, "", -1, 'ООО "Ёлки"', "", "", "", "1/2026/УТ-000001")
    assert read(row(**bare)).lines == [SaleLine(header, "", "", 2_000, 290_50)]


def test_a_day_without_rows() -> None:
    answer = read()
    assert (answer.lines, answer.refused) == ([], [])


def test_lines_stay_in_their_order() -> None:
    answer = read(*(row(sum=roubles) for roubles in (3, 1, 2, 1)))
    assert [line.amount for line in answer.lines] == [300, 100, 200, 100]


def test_two_equal_lines_are_two_lines() -> None:
    assert [line.amount for line in read(row(), row()).lines] == [290_50, 290_50]


def test_the_fingerprint_is_of_the_rows() -> None:
    plain, wrapped = json.dumps([row()]), json.dumps({"data": json.dumps([row()])})
    assert read_json(plain.encode()).sha256 == read_json(wrapped.encode()).sha256
    assert read(row()).sha256 != read(row(sum=290.51)).sha256
    assert read(row()).sha256 != read(row(), row()).sha256
    assert read().sha256 != read(row()).sha256


def test_the_order_of_the_rows_does_not_change_the_fingerprint() -> None:
    rows = [row(sum=roubles) for roubles in (1, 2, 2, 3)]
    assert read(*rows).sha256 == read(*reversed(rows)).sha256
    assert read(*rows).sha256 != read(*rows, row(sum=2)).sha256


def test_other_rules_of_reading_change_the_fingerprint() -> None:
    others = [reader(zone=ZoneInfo("Asia/Omsk")), reader(sales=["Реализация*"]), reader(FIELDS | {"address": "Город"})]
    prints = {read(row() | {"Город": "Омск"}, by=by).sha256 for by in (reader(), *others)}
    assert len(prints) == 4
    assert read(row()).sha256 == read(row(), by=reader()).sha256


def test_names_come_from_the_configuration() -> None:
    english = {name: name.title() for name in FIELDS}
    renamed = {english[name]: row()[FIELDS[name]] for name in FIELDS}
    assert read(renamed, by=reader(english)).lines == read(row()).lines


def test_order_of_the_columns_does_not_matter() -> None:
    columns = list(row().items())
    for seed in range(20):
        random.Random(seed).shuffle(columns)
        assert read(dict(columns)).lines == read(row()).lines


def test_a_column_more_does_not_matter() -> None:
    more = {"Валюта": "RUB", "Склад": {"Код": 7, "Вложение": [[]]}, "Ссылка": None}
    assert read(more | row()).lines == read(row()).lines
    assert read(row() | more).lines == read(row()).lines


def test_a_service_that_knows_no_categories() -> None:
    without = {column: value for column, value in row().items() if column != FIELDS["product_category"]}
    answer = read(row(), without, row(product_category=17))
    assert [line.product_category for line in answer.lines] == ["Посуда", "", "17"]
    assert refused(read(row(), without | {FIELDS["buyer"]: 7})) == [("MALFORMED", "buyer", 290_50)]


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_column_is_named(name: str) -> None:
    short = {column: value for column, value in row().items() if column != FIELDS[name]}
    assert told(short).startswith(f"The ERP's lines have no field {FIELDS[name]} (nearest: ")


def test_a_renamed_column_is_suggested() -> None:
    renamed = row() | {"СуммаБезНДС": 1}
    del renamed["Сумма"]
    assert told(renamed) == (
        "The ERP's lines have no field Сумма (nearest: СуммаБезНДС). Check [erp.fields] against 1C."
    )


def test_a_look_alike_column_is_suggested() -> None:
    latin_c = {column.replace("Сумма", "Cумма"): value for column, value in row().items()}
    assert told(latin_c) == (
        "The ERP's lines have no field Сумма, but one that only looks so, Cумма: Latin and Cyrillic letters are mixed. "
        "Check [erp.fields] against 1C."
    )


def test_a_column_that_is_missing_once_stops_the_day() -> None:
    short = row()
    del short["Партнер"]
    assert "no field Партнер" in told(*[row()] * 500, short)


def test_rows_with_nothing_inside() -> None:
    assert "no field ДатаРегистратора (nearest: -)" in told({})


@pytest.mark.parametrize("operation", ["Возврат товаров от клиента", "ВОЗВРАТ", "возврат прошлых периодов", " Возврат"])
def test_a_return_by_its_operation(operation: str) -> None:
    (line,) = read(row(cash_flow_type=operation)).lines
    assert (line.header.kind, line.quantity, line.amount) == (Kind.RETURN, 2_000, 290_50)


@pytest.mark.parametrize(
    ("quantity", "amount"), [(-2, -290.5), (-2, 290.5), (2, -290.5), (0, -290.5), ("-2", "-290,5")]
)
def test_a_return_by_its_sign(quantity: float | str, amount: float | str) -> None:
    (line,) = read(row(quantity=quantity, sum=amount)).lines
    assert (line.header.kind, line.amount) == (Kind.RETURN, 290_50)
    assert line.quantity in {0, 2_000}


@pytest.mark.parametrize(("quantity", "amount"), [(2, 290.5), (-2, -290.5), (0, -290.5), (1, -10)])
@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("Корректировка реализации", Kind.CORRECTION),
        ("Реализация товаров в другую организацию", Kind.OTHER),
        ("Расчет себестоимости товаров", Kind.OTHER),
    ],
)
def test_corrections_and_what_is_neither_keep_their_sign(
    operation: str, kind: Kind, quantity: int, amount: float
) -> None:
    (line,) = read(row(cash_flow_type=operation, quantity=quantity, sum=amount)).lines
    assert (line.header.kind, line.quantity, line.amount) == (kind, quantity * 1000, int(amount * 100))
    assert line.header.key == f"{kind:d}/2026/УТ-000001"


def test_a_return_with_minus_is_a_return_once() -> None:
    (line,) = read(row(cash_flow_type="Возврат", quantity=-2, sum=-290.5)).lines
    assert (line.header.kind, line.quantity, line.amount) == (Kind.RETURN, 2_000, 290_50)


def test_a_document_with_lines_both_ways() -> None:
    sold, taken_back = read(row(), row(quantity=-1, sum=-100)).lines
    assert (sold.header.kind, taken_back.header.kind) == (Kind.SALE, Kind.RETURN)
    assert sold.header.number == taken_back.header.number


def test_a_sale_for_nothing_is_a_line() -> None:
    (line,) = read(row(quantity=0, sum=0)).lines
    assert (line.header.kind, line.quantity, line.amount) == (Kind.SALE, 0, 0)


def test_operations_come_from_the_configuration() -> None:
    strict = reader(returns=["сторно*", "*возврат*"], sales=["Реализация*"])
    rows = [row(cash_flow_type=name) for name in ("Сторно", "Частичный возврат", "РЕАЛИЗАЦИЯ клиенту", "Списание")]
    answer = read(*rows, by=strict)
    assert [line.header.kind for line in answer.lines] == [Kind.RETURN, Kind.RETURN, Kind.SALE]
    assert refused(answer) == [("MALFORMED", "cash_flow_type", 290_50)]


def test_a_pattern_is_a_whole_text() -> None:
    strict = reader(returns=["Возврат"], sales=["Реализация*"])
    answer = read(row(), row(cash_flow_type="Возврат товаров"), by=strict)
    assert refused(answer) == [("MALFORMED", "cash_flow_type", 290_50)]


@pytest.mark.parametrize("name", ["sale_id", "buyer", "quantity", "sum"])
@pytest.mark.parametrize("blank", [None, ""])
def test_what_a_line_cannot_do_without(name: str, blank: str | None) -> None:
    amount = 0 if name == "sum" else 290_50
    assert refused(read(row(**{name: blank}))) == [("INCOMPLETE", name, amount)]


@pytest.mark.parametrize("name", ["sale_id", "buyer"])
def test_blank_signs_are_nothing(name: str) -> None:
    assert refused(read(row(**{name: " \N{NO-BREAK SPACE}\u200b"}))) == [("INCOMPLETE", name, 290_50)]


def test_incomplete_lines_do_not_discredit_a_day() -> None:
    answer = read(*[row(sum=None)] * 100)
    assert (len(answer.lines), len(answer.refused)) == (0, 100)


def test_a_refused_line_is_kept_whole() -> None:
    broken = row(quantity="две")
    assert read(broken, row()).refused == [
        Refused(Verdict.MALFORMED, "quantity", 290_50, json.dumps(broken)),
    ]


@pytest.mark.parametrize(
    "moment",
    ["2026-11-19T23:59:59", "2026-11-21T00:00:00", "2026-11-20T22:00:00Z", "0001-01-01T00:00:00", "2025-11-20", None],
)
def test_a_row_outside_the_day(moment: str | None) -> None:
    answer = read(row(), row(date=moment))
    assert len(answer.lines) == 1
    assert refused(answer) == [("MALFORMED", "date", 290_50)]


@pytest.mark.parametrize("moment", ["2026-11-20T22:00:00+03:00", "2026-11-20T20:00:00Z", "2026-11-19T22:00:00Z"])
def test_an_offset_moves_a_row_into_the_day(moment: str) -> None:
    assert len(read(row(date=moment)).lines) == 1


@pytest.mark.parametrize("moment", ["2026-11-40T00:00:00", "вчера", "0209-11-19T00:00:00", "9999-12-31T23:00:00-12:00"])
def test_an_order_without_a_readable_date_is_an_order_without_a_date(moment: str) -> None:
    (line,) = read(row(order_date=moment)).lines
    assert (line.header.order_number, line.header.order_day) == ("УТ-000077", -1)


def test_a_service_that_ignores_the_dates() -> None:
    assert told(*[row(date="2026-11-21T10:00:00")] * 21) == (
        "21 of 21 lines are not of 2026-11-20: the service seems to ignore the dates it is asked for. "
        "Nothing was stored."
    )
    assert "ignore the dates" in told(*[row(date="2026-11-21T10:00:00")] * 300, *[row()] * 299)


def test_dates_that_cannot_be_read_are_no_other_days() -> None:
    assert told(*[row(date="31.02.2026 25:00")] * 21) == (
        "21 of 21 lines of 2026-11-20 cannot be read, the first because of its date. Nothing of that day was stored."
    )


def test_operations_that_no_list_knows() -> None:
    assert told(*[row(cash_flow_type="Списание")] * 21, *[row()] * 100) == (
        "21 of 121 lines of 2026-11-20 have an operation that no list of [erp.operations] knows. Add it there. "
        "Nothing of that day was stored."
    )


@pytest.mark.parametrize(("bad", "lines"), [(1, 2), (7, 14), (20, 40), (20, 100), (21, 2100), (50, 5000)])
def test_a_few_bad_lines_are_tolerated(bad: int, lines: int) -> None:
    answer = read(*[row(sum="?")] * bad, *[row()] * (lines - bad))
    assert (len(answer.refused), len(answer.lines)) == (bad, lines - bad)


@pytest.mark.parametrize(("bad", "lines"), [(1, 1), (2, 3), (20, 39), (20, 20), (21, 21), (21, 2099), (51, 5000)])
def test_many_bad_lines_discredit_a_day(bad: int, lines: int) -> None:
    assert told(*[row(sum="?")] * bad, *[row()] * (lines - bad)) == (
        f"{bad} of {lines} lines of 2026-11-20 cannot be read, the first because of its sum. "
        "Nothing of that day was stored."
    )


def test_numbers_that_are_texts_and_texts_that_are_numbers() -> None:
    (line,) = read(row(sale_id=17, order_id=5.0, site_id="100008", quantity="1,5", sum="1 234,56")).lines
    assert (line.header.number, line.header.order_number, line.header.site_id) == ("17", "5", "100008")
    assert (line.quantity, line.amount) == (1_500, 1234_56)


def test_leading_zeros_make_another_customer() -> None:
    headers = [line.header for line in read(row(site_id="007"), row(site_id=7)).lines]
    assert [header.site_id for header in headers] == ["007", "7"]


def test_twins_in_other_letters_are_one_customer() -> None:
    composed, decomposed = read(row(buyer="Ёлки"), row(buyer="Е\u0308лки ")).lines
    assert composed.header == decomposed.header


def test_kopecks_add_up() -> None:
    answer = read(row(sum=0.1), row(sum=0.2), row(sum="?"), row(sum=5, buyer=None), row(sum=-7, date="?"))
    assert (money(answer), refused(answer)) == (
        12_30,
        [("MALFORMED", "sum", 0), ("INCOMPLETE", "buyer", 500), ("MALFORMED", "date", 700)],
    )
