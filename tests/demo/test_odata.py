"""The standard interface, over real HTTP."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from rfm_service.demo.book import Book
from rfm_service.demo.documents import CORRECTION, NO_DAY, RETURN, Card, Line
from rfm_service.demo.keys import NO_KEY
from rfm_service.demo.server import ErpServer

from .builders import CUP, FRIDAY, RIBBON, sale
from .odata import CORRECTIONS, ORDERS, PARTNERS, RECORDS, REGISTER, RETURNS, SALES, TOKEN, error, get, of_day, rows

SOLD = sale(FRIDAY, CUP, RIBBON)
BACK = sale(
    FRIDAY + 1,
    Line("Кружка", "белый", 1_000, 145_00, base_key=SOLD.key),
    operation=RETURN,
    base_key=SOLD.key,
)
CHANGED = sale(FRIDAY + 2, Line("Лента, м", "", 0, -5_00), operation=CORRECTION, base_key=SOLD.key)
ELKI = Card('ООО "Ёлки"', "zakaz@elki.example", "Опт", "Белова Анна")


@pytest.fixture
def book() -> Book:
    return Book([SOLD, BACK, CHANGED], [ELKI])


@pytest.fixture
def erp(book: Book) -> Iterator[ErpServer]:
    with ErpServer(book, TOKEN) as server:
        yield server


def test_a_row_of_the_register(erp: ErpServer) -> None:
    first, second = rows(erp, RECORDS, filter=of_day(FRIDAY), orderby="LineNumber")
    shown = {name: first[name] for name in ("Period", "Recorder", "Recorder_Type", "LineNumber", "Active", "Сторно")}
    assert shown == {
        "Period": "2026-11-20T10:05:07",
        "Recorder": SOLD.key,
        "Recorder_Type": f"StandardODATA.{SALES}",
        "LineNumber": "1",
        "Active": True,
        "Сторно": False,
    }
    assert first["ХозяйственнаяОперация"] == "РеализацияКлиенту"
    assert (first["Количество"], first["СуммаВыручки"], first["СуммаВыручкиБезНДС"]) == (2, 290, 241.67)
    assert (second["LineNumber"], second["Количество"], second["СуммаВыручки"]) == ("2", 1.5, 45.75)


def test_returns_are_negative_in_the_register_and_positive_in_their_document(erp: ErpServer) -> None:
    (record,) = rows(erp, RECORDS, filter=of_day(FRIDAY + 1))
    (document,) = rows(erp, RETURNS)
    assert (record["ХозяйственнаяОперация"], record["Количество"], record["СуммаВыручки"]) == (
        "ВозвратТоваровОтКлиента",
        -1,
        -145,
    )
    (row,) = document["Товары"]
    assert (row["Количество"], row["СуммаСНДС"]) == (1, 145)
    for holder in (document, row):
        assert holder["ДокументРеализации"] == SOLD.key
        assert holder["ДокументРеализации_Type"] == f"StandardODATA.{SALES}"


def test_a_correction_is_signed_and_knows_its_sale(erp: ErpServer) -> None:
    (record,) = rows(erp, RECORDS, filter=of_day(FRIDAY + 2))
    (document,) = rows(erp, CORRECTIONS)
    assert (record["ХозяйственнаяОперация"], record["СуммаВыручки"]) == ("КорректировкаПоСогласованиюСторон", -5)
    assert (document["ДокументОснование"], document["Расхождения"][0]["СуммаСНДС"]) == (SOLD.key, -5)


def test_from_a_row_to_names(erp: ErpServer) -> None:
    record = rows(erp, RECORDS, filter=of_day(FRIDAY), orderby="LineNumber")[0]
    who = found(erp, "Catalog_КлючиАналитикиУчетаПоПартнерам", record["АналитикаУчетаПоПартнерам_Key"])
    what = found(erp, "Catalog_КлючиАналитикиУчетаНоменклатуры", record["АналитикаУчетаНоменклатуры_Key"])
    partner = found(erp, PARTNERS, who["Партнер_Key"])
    assert (partner["Description"], partner["Категория"], partner["ИдНаСайте"]) == ('ООО "Ёлки"', "Опт", 100_008)
    assert partner["КонтактнаяИнформация"][0]["АдресЭП"] == "zakaz@elki.example"
    assert found(erp, "Catalog_Пользователи", partner["ОсновнойМенеджер_Key"])["Description"] == "Белова Анна"
    assert found(erp, "Catalog_Контрагенты", who["Контрагент"])["Description"] == 'ООО "Ёлки"'
    assert found(erp, "Catalog_Номенклатура", what["Номенклатура_Key"])["Description"] == "Кружка"
    assert found(erp, "Catalog_ХарактеристикиНоменклатуры", what["Характеристика_Key"])["Description"] == "белый"
    order = found(erp, ORDERS, record["ЗаказКлиента"])
    assert (order["Number"], order["Date"]) == ("УТ-000077", "2026-11-19T00:00:00")


def found(erp: ErpServer, entity: str, key: str) -> dict[str, Any]:
    (row,) = rows(erp, entity, filter=f"Ref_Key eq guid'{key}'")
    return row


def test_one_object_by_its_key(erp: ErpServer) -> None:
    assert get(erp, f"{PARTNERS}(guid'{ELKI.key}')").json()["Description"] == 'ООО "Ёлки"'
    assert error(erp, f"{PARTNERS}(guid'{NO_KEY}')")[:2] == (404, "9")


def test_what_1c_has_instead_of_null() -> None:
    bare = sale(FRIDAY, Line("Кружка", "", None, None), number="", order_number="", order_day=NO_DAY, site_id=None)
    with ErpServer(Book([bare]), TOKEN) as erp:
        (document,) = rows(erp, SALES)
        (record,) = rows(erp, RECORDS)
        (partner,) = rows(erp, PARTNERS)
    (row,) = document["Товары"]
    assert (document["Number"], row["Количество"], row["СуммаСНДС"], row["Характеристика_Key"]) == ("", 0, 0, NO_KEY)
    assert (record["ЗаказКлиента"], record["ЗаказКлиента_Type"]) == ("", "StandardODATA.Undefined")
    assert partner["ИдНаСайте"] == 0


def test_goods_and_services_are_apart() -> None:
    greenhouse = Line("Теплица «Урожай», 4 м «6 соток»", "", 1_000, 20_000_00)
    with ErpServer(Book([sale(FRIDAY, CUP, greenhouse)]), TOKEN) as erp:
        (document,) = rows(erp, SALES)
    assert [row["СуммаСНДС"] for row in document["Товары"]] == [290]
    assert [row["СуммаСНДС"] for row in document["Услуги"]] == [20_000]
    assert document["СуммаДокумента"] == 20_290


def test_the_sum_of_a_row_may_be_without_vat() -> None:
    with ErpServer(Book([sale(number=str(number)) for number in range(40)]), TOKEN) as erp:
        documents = rows(erp, SALES)
    sums = {document["ЦенаВключаетНДС"]: document["Товары"][0]["Сумма"] for document in documents}
    assert sums == {True: 290, False: 241.67}
    assert {document["Товары"][0]["СуммаСНДС"] for document in documents} == {290}


def test_a_draft_is_not_posted_and_its_rows_are_not_active(erp: ErpServer, book: Book) -> None:
    book.unpost(SOLD)
    assert [row["Posted"] for row in rows(erp, SALES)] == [False]
    assert rows(erp, SALES, filter="Posted eq true") == []
    assert {row["Active"] for row in rows(erp, RECORDS, filter=of_day(FRIDAY))} == {False}
    assert rows(erp, RECORDS, filter=f"{of_day(FRIDAY)} and Active eq true") == []


def test_turnovers_are_of_active_rows_with_both_ends(erp: ErpServer, book: Book) -> None:
    book.write(sale(number="Ч-1"))

    def turnovers(start: str, end: str) -> object:
        return rows(erp, f"{REGISTER}/Turnovers(StartPeriod=datetime'{start}',EndPeriod=datetime'{end}')")

    assert turnovers("2026-11-20T00:00:00", "2026-11-21T23:59:59") == [
        {"КоличествоTurnover": 2.5, "СуммаВыручкиTurnover": 190.75}
    ]
    assert turnovers("2026-11-20T10:05:08", "2026-11-21T10:05:06") == []


def test_the_closing_of_a_month_only_costs() -> None:
    with ErpServer(Book([sale(FRIDAY + 10, CUP, RIBBON)]), TOKEN) as erp:
        found = rows(erp, RECORDS, filter=of_day(FRIDAY + 10), orderby="Period,LineNumber")
    assert [row["ХозяйственнаяОперация"] for row in found] == ["РеализацияКлиенту"] * 2 + [
        "РасчетСебестоимостиТоваров"
    ] * 2
    assert [(row["Количество"], row["СуммаВыручки"]) for row in found[2:]] == [(0, 0)] * 2
    assert found[2]["Стоимость"] > 0
    assert found[2]["Recorder_Type"] == "StandardODATA.Document_ЗакрытиеМесяца"


def test_only_the_fields_asked_for(erp: ErpServer) -> None:
    assert rows(erp, RECORDS, filter=of_day(FRIDAY + 1), select="Period,СуммаВыручки") == [
        {"Period": "2026-11-21T10:05:07", "СуммаВыручки": -145}
    ]
    assert "Товары" not in rows(erp, SALES, select="**")[0]
    assert "Товары" in rows(erp, SALES, select="*")[0]


def test_refusals_in_1cs_own_words(erp: ErpServer) -> None:
    assert error(erp, "Catalog_Нет")[:2] == (404, "8")
    assert error(erp, PARTNERS, select="Ref_Key,Нет") == (400, "6", "Сегмент пути Нет не найден!")
    assert error(erp, "Catalog_Контрагенты", select="Code") == (400, "6", "Сегмент пути Code не найден!")
    assert error(erp, PARTNERS, filter="Нет eq 1")[:2] == (400, "6")
    assert error(erp, PARTNERS, orderby="Нет")[:2] == (400, "6")
    assert error(erp, PARTNERS, filter="Description eq")[:2] == (400, "14")
    assert error(erp, PARTNERS, top="много")[:2] == (400, "14")
    assert error(erp, RECORDS, filter="Period ge datetime'1-01-01T00:00:00'")[:2] == (400, "14")
    assert error(erp, PARTNERS, filter=f"Ref_Key gt guid'{NO_KEY}'")[:2] == (500, "-1")


def test_a_composite_field_wants_a_cast(erp: ErpServer) -> None:
    assert error(erp, RECORDS, filter=f"Recorder eq guid'{SOLD.key}'")[:2] == (500, "-1")
    assert rows(erp, RECORDS, filter=f"Recorder eq '{SOLD.key}'") == []
    assert len(rows(erp, RECORDS, filter=f"Recorder eq cast(guid'{SOLD.key}','{SALES}')")) == 2
    assert rows(erp, RECORDS, filter=f"Recorder eq cast(guid'{SOLD.key}','{RETURNS}')") == []


def test_a_count_is_plain_text_with_a_byte_order_mark(erp: ErpServer) -> None:
    assert get(erp, f"{RECORDS}/$count", filter=of_day(FRIDAY)).content == b"\xef\xbb\xbf2"


def test_counting_everything_makes_pages_ignored(erp: ErpServer) -> None:
    answer = get(erp, RECORDS, inlinecount="allpages", top=1, skip=1).json()
    assert answer["odata.count"] == "4"
    assert len(answer["value"]) == 4


def test_a_long_query_does_not_reach_1c(erp: ErpServer) -> None:
    condition = " or ".join(f"Ref_Key eq guid'{NO_KEY}'" for _ in range(40))
    answer = get(erp, PARTNERS, filter=condition)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "404.15" in answer.text
    assert len(rows(erp, PARTNERS, filter=" or ".join(f"Ref_Key eq guid'{ELKI.key}'" for _ in range(20)))) == 1


def test_atom_unless_json_is_asked_for(erp: ErpServer) -> None:
    url, credentials = f"{erp.odata_url}/{PARTNERS}", basic(TOKEN.encode())
    answer = requests.get(url, headers=credentials, timeout=5)
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    assert "<d:Description>ООО &quot;Ёлки&quot;</d:Description>" in answer.content.decode()
    answer = requests.get(url, headers=credentials | {"Accept": "application/json"}, timeout=5)
    assert answer.json()["value"][0]["Description"] == 'ООО "Ёлки"'
    answer = requests.get(f"{erp.odata_url}/Catalog_Нет", headers=credentials, timeout=5)
    assert "<m:code>8</m:code>" in answer.content.decode()


def basic(credentials: bytes) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}


@pytest.mark.parametrize(
    "headers",
    [{}, basic(TOKEN.encode("cp1251")), basic(b"x:y"), {"Authorization": "Basic ???"}, {"Authorization": "x"}],
)
def test_wrong_credentials(erp: ErpServer, headers: dict[str, str]) -> None:
    answer = requests.get(f"{erp.odata_url}/{PARTNERS}", headers=headers, timeout=5)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_plain_token_is_anybodys_password(book: Book) -> None:
    with ErpServer(book, "секрет") as erp:
        assert get(erp, PARTNERS).status_code == 200
    with ErpServer(book, "другой") as erp:
        assert get(erp, PARTNERS).status_code == 401


def test_reading_only(erp: ErpServer) -> None:
    answer = requests.post(f"{erp.odata_url}/{PARTNERS}", headers=basic(TOKEN.encode()), timeout=5)
    assert answer.status_code == 405


def test_what_is_published(erp: ErpServer) -> None:
    assert {RECORDS, PARTNERS, SALES} < {row["name"] for row in rows(erp, "")}
    metadata = get(erp, "$metadata").text
    assert f'<EntityType Name="{PARTNERS}">' in metadata
    assert '<Property Name="СуммаВыручки"/>' in metadata


def test_links_unless_no_metadata_is_wanted(erp: ErpServer) -> None:
    assert "ОсновнойМенеджер@navigationLinkUrl" in rows(erp, PARTNERS)[0]
    answer = get(erp, PARTNERS, format="application/json;odata=nometadata")
    assert not [name for name in answer.json()["value"][0] if "@" in name]


def test_the_log_of_requests(erp: ErpServer) -> None:
    rows(erp, RECORDS, filter=of_day(FRIDAY), orderby="Period,Recorder,LineNumber", top=500, skip=500)
    (request,) = erp.requests
    assert (request.protocol, request.entity, request.skip, request.top) == ("odata", RECORDS, 500, 500)
    assert (request.first, request.last, request.status) == (FRIDAY, FRIDAY, 200)


def test_an_empty_book() -> None:
    with ErpServer(Book(), TOKEN) as erp:
        for entity in (RECORDS, SALES, PARTNERS):
            assert rows(erp, entity) == []
