"""What makes a day another one, what does not, and rows that a healthy base has too."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from rfm_service.demo.book import Book
from rfm_service.demo.documents import RETURN, SALE, Card, Document, Line
from rfm_service.demo.faults import once_between_pages
from rfm_service.demo.protocol import Plan
from rfm_service.demo.server import ErpServer
from rfm_service.errors import BadAnswer
from rfm_service.kinds import Kind, Link, Verdict
from rfm_service.records import DayAnswer
from rfm_service.settings import Operations
from tests.conftest import TOKEN

from .builders import (
    CATEGORIES,
    REGISTER,
    RETURNS,
    SALES,
    Memory,
    Rows,
    about,
    odata_at,
    serving,
    signed,
    when,
    with_rows,
)

DAY = 20_760
EMPTY = "00000000-0000-0000-0000-000000000000"
CUP, PLATE = Line("Термос 1 л «Ёлочка»", "белый", 2_000, 200_00), Line("Тарелка", "", 1_000, 90_50)
SOLD = Document(SALE, "УТ-1", DAY, 3_600, "УТ-7", DAY - 1, "Ёлки", "ООО Ёлки", 17, "", (CUP, PLATE))
SOLD_TOO = Document(SALE, "УТ-2", DAY, 7_200, "", -1, "Иглы", "ООО Иглы", 18, "", (PLATE, CUP))
BACK = Document(RETURN, "УТ-3", DAY, 9_000, "УТ-7", DAY - 1, "Ёлки", "ООО Ёлки", 17, "", (CUP, PLATE, CUP))


def book(*documents: Document) -> Book:
    """A book with these documents of one day."""
    return Book(documents or (SOLD, SOLD_TOO, BACK), [Card("Ёлки", "", ""), Card("Иглы", "", "")])


def read(
    contents: Book, plan: Plan | None = None, memory: Memory | None = None, erp: Any = None, **changes: Any
) -> DayAnswer:
    with serving(contents, plan) as server:
        return odata_at(server.odata_url, memory, erp, **changes).fetch_day(DAY)


def changed(change: Callable[[dict[str, Any]], object], entity: str = REGISTER) -> Plan:
    """Every row of an entity is changed."""

    def all_changed(rows: Rows) -> Rows:
        for row in rows:
            change(row)
        return rows

    return when(about(entity), with_rows(all_changed))


def test_a_renamed_partner_is_no_other_day() -> None:
    renamed = read(book(*(replace(document, buyer="Сосны") for document in (SOLD, SOLD_TOO, BACK))))
    assert renamed.sha256 == read(book()).sha256


def test_another_category_is_another_day() -> None:
    """So that the store hears of it; no document has changed by it (`store.changes`)."""
    renamed = read(book(), changed(lambda row: row.update(Description="Фарфор"), CATEGORIES))
    assert renamed.sha256 != read(book()).sha256
    assert [line.product_category for line in renamed.lines if line.product == CUP.product] == ["Фарфор"] * 4


def test_another_sum_or_number_is_another_day() -> None:
    cheaper = replace(SOLD, lines=(replace(CUP, amount=199_99), PLATE))
    others = [(cheaper, SOLD_TOO, BACK), (replace(SOLD, number="УТ-9"), SOLD_TOO, BACK), (SOLD, SOLD_TOO)]
    assert len({read(book(*documents)).sha256 for documents in ((SOLD, SOLD_TOO, BACK), *others)}) == 4


def test_a_return_of_another_sale_is_another_day() -> None:
    known = replace(BACK, lines=tuple(replace(line, base_key=SOLD.key) for line in BACK.lines))
    bases = [BACK, replace(BACK, base_key=SOLD.key), replace(BACK, base_key=SOLD_TOO.key), known]
    assert len({read(book(SOLD, SOLD_TOO, back)).sha256 for back in bases}) == 4


@pytest.mark.parametrize("mode", ["register", "documents"])
def test_other_rules_of_reading_are_another_day(mode: str) -> None:
    rules: list[Any] = [{}, {"timezone": "Asia/Omsk"}, {"operations": Operations(returns=["*Возврат*"])}]
    prints = {read(book(), mode=mode, erp=erp).sha256 for erp in rules} | {read(book(), mode=mode, site_id="").sha256}
    assert len(prints) == 4


def test_equal_lines_of_a_return_go_back_to_their_own_sales() -> None:
    lines = (replace(CUP, base_key=SOLD_TOO.key), PLATE, replace(CUP, base_key=SOLD.key))
    answer = read(book(SOLD, SOLD_TOO, replace(BACK, lines=lines, base_key=SOLD.key)))
    back = [line for line in answer.lines if line.header.kind is Kind.RETURN]
    assert [(line.product, line.header.base_key, line.header.base_link) for line in back] == [
        (CUP.product, SOLD_TOO.key, Link.ROW),
        ("Тарелка", SOLD.key, Link.HEADER),
        (CUP.product, SOLD.key, Link.ROW),
    ]


def test_the_line_of_a_return_is_known_by_its_quantity_where_numbers_differ() -> None:
    many = Line("Кружка", "белый", 5_000, 500_00)
    lines = (replace(CUP, base_key=SOLD.key), replace(many, base_key=SOLD_TOO.key))
    renumbered = changed(lambda row: row.update(LineNumber=str(9 - int(row["LineNumber"]))))
    answer = read(book(SOLD, SOLD_TOO, replace(BACK, lines=lines)), renumbered)
    back = {line.quantity: line.header.base_key for line in answer.lines if line.header.kind is Kind.RETURN}
    assert back == {2_000: SOLD.key, 5_000: SOLD_TOO.key}


@pytest.mark.parametrize("mode", ["register", "documents"])
def test_a_return_by_receipt(mode: str) -> None:
    plan = changed(lambda row: row.update({"ЧекККМ_Key": SOLD.key}), RETURNS)
    links = {line.header.base_link for line in read(book(), plan, mode=mode).lines if line.header.kind is Kind.RETURN}
    assert links == {Link.RECEIPT}


def test_a_sale_with_a_minus_is_a_return() -> None:
    plan = changed(lambda row: row.update({"Количество": -1, "СуммаВыручки": -50.25}))
    answer = read(book(SOLD), plan)
    assert [(line.header.kind, line.quantity, line.amount) for line in answer.lines] == [
        (Kind.RETURN, 1_000, 50_25)
    ] * 2
    assert signed(answer) == -100_50


def test_numbers_of_1c_as_texts() -> None:
    plan = changed(lambda row: row.update({"СуммаВыручки": "1 234,50", "Количество": "1,5"}))
    assert {(line.quantity, line.amount) for line in read(book(SOLD), plan).lines} == {(1_500, 1_234_50)}


def test_a_partner_that_is_gone_sets_its_lines_aside() -> None:
    plan = when(
        about("Catalog_Партнеры"), with_rows(lambda rows: [row for row in rows if row["Description"] != "Иглы"])
    )
    answer = read(book(), plan)
    gone = {(bad.verdict, bad.field) for bad in answer.refused}
    assert (len(answer.lines) + len(answer.refused), gone) == (7, {(Verdict.MALFORMED, "buyer")})


def test_a_row_without_a_partner_is_incomplete() -> None:
    plan = changed(lambda row: row.update({"Партнер_Key": EMPTY}), "Catalog_КлючиАналитикиУчетаПоПартнерам")
    refused = read(book(), plan).refused
    assert {(bad.verdict, bad.field) for bad in refused} == {(Verdict.INCOMPLETE, "buyer")}
    assert sum(bad.amount for bad in refused) == 200_00 * 4 + 90_50 * 3


def test_documents_of_a_type_that_is_not_published_stand_for_themselves(caplog: pytest.LogCaptureFixture) -> None:
    plan = changed(lambda row: row.update({"Recorder_Type": "UnavailableEntities.UnavailableEntity_d2b8"}))
    answer = read(book(SOLD), plan)
    assert {(line.header.number, line.header.key) for line in answer.lines} == {(SOLD.key, SOLD.key)}
    assert "of a type that 1C does not publish" in caplog.text


def test_an_order_that_is_gone_keeps_its_key() -> None:
    plan = when(about("Document_ЗаказКлиента"), with_rows(lambda _: []))
    (header, *_) = [line.header for line in read(book(SOLD), plan).lines]
    assert (header.order_key, header.order_number, header.order_day) == (SOLD.order_key, SOLD.order_key, -1)


def test_a_document_that_vanished_meanwhile_is_no_day() -> None:
    with pytest.raises(BadAnswer, match="do not fit together, twice over"):
        read(book(), when(about(SALES), with_rows(lambda rows: rows[:-1])))


def test_rows_that_do_not_count_are_not_believed() -> None:
    with pytest.raises(BadAnswer, match="it ignores the filter"):
        read(book(), changed(lambda row: row.update(Active=False)))
    with pytest.raises(BadAnswer, match="it ignores the filter"):
        read(book(), changed(lambda row: row.update(Posted=False), SALES), mode="documents")


def test_objects_that_were_not_asked_for_are_not_believed() -> None:
    with pytest.raises(BadAnswer, match="The ERP gave objects of Catalog_Партнеры that were not asked for"):
        read(book(), changed(lambda row: row.update(Ref_Key=EMPTY), "Catalog_Партнеры"))


def test_sums_without_vat_where_there_are_no_others() -> None:
    def net(row: dict[str, Any]) -> None:
        for line in row["Товары"]:
            del line["СуммаСНДС"]
            line["Сумма"] = 7

    answer = read(book(SOLD), changed(net, SALES), mode="documents")
    assert [line.amount for line in answer.lines] == [7_00, 7_00]


EDITS: dict[str, Callable[[Book], object]] = {
    "a new document": lambda contents: contents.post(replace(SOLD, number="УТ-0", second=60, key="")),
    "a document less": lambda contents: contents.remove(SOLD),
    "another sum": lambda contents: contents.repost(SOLD, replace(SOLD, lines=(CUP,))),
}


@pytest.mark.parametrize("mode", ["register", "documents"])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_somebody_posts_between_two_pages(mode: str, edit: Callable[[Book], object]) -> None:
    many = [replace(SOLD, number=f"УТ-{n}", second=100 * n, key="") for n in range(2, 9)]
    contents = book(SOLD, *many)
    before = read(contents, mode=mode)
    plan = once_between_pages(lambda: edit(contents))
    answer = read(contents, plan, mode=mode, page_rows=3, page_documents=2)
    assert answer in (before, read(contents, mode=mode))


def test_a_memory_without_a_field_is_asked_again() -> None:
    memory = Memory()
    with ErpServer(book(), TOKEN) as server:
        odata_at(server.odata_url, memory, site_id="").fetch_day(DAY)
        answer = odata_at(server.odata_url, memory).fetch_day(DAY)
    assert {line.header.site_id for line in answer.lines} == {"17", "18"}


PARTNERS, PAIRS = "Catalog_Партнеры", "Catalog_КлючиАналитикиУчетаПоПартнерам"
OTHER = replace(SOLD_TOO, number="").buyer_key


@pytest.mark.parametrize("mode", ["register", "documents"])
def test_a_site_id_that_is_filled_in_later_is_another_day(mode: str) -> None:
    without = [replace(document, site_id=None) for document in (SOLD, BACK)]
    before, after = read(book(*without), mode=mode), read(book(SOLD, BACK), mode=mode)
    assert before.sha256 != after.sha256


def test_a_key_of_analytics_that_leads_to_another_partner_is_another_day() -> None:
    merged = changed(lambda row: row.update(Партнер_Key=OTHER), PAIRS)
    assert read(book(), merged).sha256 != read(book()).sha256


def test_a_partner_that_was_not_found_for_once_is_another_day() -> None:
    def lost(rows: Rows) -> Rows:
        return [row for row in rows if row["Ref_Key"] != OTHER]

    contents = book(SOLD, SOLD_TOO, BACK)
    garbled = read(contents, when(about(PARTNERS), with_rows(lost)))
    assert {bad.field for bad in garbled.refused} == {"buyer"}
    assert garbled.sha256 != read(contents).sha256


def test_a_return_with_a_plus_in_the_register_takes_back_a_return() -> None:
    def storno(rows: Rows) -> Rows:
        for row in rows:
            if row["СуммаВыручки"] < 0:
                row.update(СуммаВыручки=-row["СуммаВыручки"], Количество=abs(row["Количество"]))
        return rows

    answer = read(book(SOLD, BACK), when(about(REGISTER), with_rows(storno)))
    assert {line.header.kind for line in answer.lines} == {Kind.SALE, Kind.CORRECTION}
    assert all(line.signed_amount > 0 for line in answer.lines)
