"""Days over OData are the days in the book, whichever way they are read."""

from collections import Counter
from urllib.parse import unquote

import pytest

from rfm_service.demo.book import Book
from rfm_service.demo.catalogue import CATEGORIES
from rfm_service.demo.documents import Document
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.kinds import Kind, Link
from rfm_service.records import DayAnswer
from rfm_service.settings import ODataCatalogs, Operations
from rfm_service.sources.kinds import Kinds
from tests.conftest import REFERENCE_DAY, TOKEN

from .builders import BUSY_DAY, Memory, in_book, odata_at, signed

LAST_WEEKS = range(REFERENCE_DAY - 40, REFERENCE_DAY)
MODES = ("register", "documents")
KINDS = Kinds(Operations())

Line = tuple[str, Kind, str, str, str, str, int, int, int]
Days = dict[str, dict[int, DayAnswer]]


def written(document: Document) -> Counter[Line]:
    """What of a document's lines can be read: those with quantity or money."""
    kind = KINDS.of(document.operation)
    assert kind
    return Counter(
        (document.key, kind, document.number, document.buyer, line.product, line.feature, line.quantity or 0,
         line.amount or 0, document.day)
        for line in document.lines
        if line.quantity or line.amount
    )  # fmt: skip


def read(answer: DayAnswer) -> Counter[Line]:
    """The same of the lines that were read."""
    return Counter(
        (line.header.key, line.header.kind, line.header.number, line.header.buyer, line.product, line.feature,
         line.quantity, line.amount, line.header.day)
        for line in answer.lines
    )  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> Book:
    """A small shop that corrects its sales."""
    return make_shop(REFERENCE_DAY - 1, customers=150, corrections=0.05)


@pytest.fixture(scope="module")
def days(shop: Book) -> Days:
    """The last weeks, read in both ways."""
    with ErpServer(shop, TOKEN) as server:
        sources = {mode: odata_at(server.odata_url, mode=mode) for mode in MODES}
        return {mode: {day: source.fetch_day(day) for day in LAST_WEEKS} for mode, source in sources.items()}


@pytest.mark.parametrize("mode", MODES)
def test_every_line_is_the_one_in_the_book(shop: Book, days: Days, mode: str) -> None:
    for day, answer in days[mode].items():
        documents = [written(document) for document in shop.of_day(day) if document.number]
        assert read(answer) == sum(documents, Counter[Line]())
    assert sum(len(answer.lines) for answer in days[mode].values()) > 2_000


@pytest.mark.parametrize("mode", MODES)
def test_every_kopeck_is_the_one_in_the_book(shop: Book, days: Days, mode: str) -> None:
    for day, answer in days[mode].items():
        assert signed(answer) + sum(bad.amount for bad in answer.refused) == in_book(shop, day)
    kinds = {line.header.kind for answer in days[mode].values() for line in answer.lines}
    assert kinds == set(Kind)


def test_both_ways_give_the_same_days(days: Days) -> None:
    for day, answer in days["register"].items():
        assert read(answer) == read(days["documents"][day])


@pytest.mark.parametrize("mode", MODES)
def test_orders_partners_and_contractors(shop: Book, days: Days, mode: str) -> None:
    for day, answer in days[mode].items():
        documents = {document.key: document for document in shop.of_day(day)}
        for header in {id(line.header): line.header for line in answer.lines}.values():
            document = documents[header.key]
            assert (header.buyer_key, header.contractor) == (document.buyer_key, document.contractor)
            assert header.site_id == str(document.site_id or "")
            if header.order_key:
                assert (header.order_key, header.order_number) == (document.order_key, document.order_number)
                assert header.order_day == document.order_day
            else:
                assert not document.order_number or header.kind is Kind.CORRECTION


@pytest.mark.parametrize("mode", MODES)
def test_returns_and_corrections_know_their_sales(shop: Book, days: Days, mode: str) -> None:
    links = set()
    for day, answer in days[mode].items():
        documents = {document.key: document for document in shop.of_day(day)}
        for line in answer.lines:
            header, document = line.header, documents[line.header.key]
            rows = {
                row.base_key for row in document.lines if (row.product, row.feature) == (line.product, line.feature)
            }
            if header.kind not in {Kind.RETURN, Kind.CORRECTION}:
                expected = {("", Link.NONE)}
            elif any(rows):
                expected = {(key, Link.ROW) for key in rows}
            else:
                expected = {(document.base_key, Link.HEADER if document.base_key else Link.NONE)}
            assert (header.base_key, header.base_link) in expected
            links.add(header.base_link)
    assert links == {Link.NONE, Link.ROW, Link.HEADER}


@pytest.mark.parametrize("mode", MODES)
def test_a_day_without_sales(erp: ErpServer, mode: str) -> None:
    answer = odata_at(erp.odata_url, mode=mode).fetch_day(REFERENCE_DAY - 2_000)
    assert (answer.lines, answer.refused) == ([], [])


@pytest.mark.parametrize("mode", MODES)
def test_a_day_that_did_not_change_keeps_its_fingerprint(erp: ErpServer, days: Days, mode: str) -> None:
    for size in (1, 7, 1000):
        source = odata_at(erp.odata_url, mode=mode, page_rows=size, page_documents=size, page_mib=0.001)
        assert source.fetch_day(BUSY_DAY) == days[mode][BUSY_DAY]


@pytest.mark.parametrize("form", ["json", "application/json;odata=nometadata"])
def test_formats(erp: ErpServer, days: Days, form: str) -> None:
    assert odata_at(erp.odata_url, format=form).fetch_day(BUSY_DAY) == days["register"][BUSY_DAY]


def test_lines_of_a_document_share_a_header(days: Days) -> None:
    for answer in days["register"].values():
        headers = {id(line.header): line.header for line in answer.lines}
        assert len(headers) == len(set(map(repr, headers.values())))


def test_names_are_asked_for_once(erp: ErpServer) -> None:
    memory = Memory()
    odata_at(erp.odata_url, memory).fetch_day(BUSY_DAY)
    asked = len(erp.requests)
    memory.asked.clear()
    odata_at(erp.odata_url, memory).fetch_day(BUSY_DAY)
    assert memory.asked == []
    assert len(erp.requests) - asked < asked / 2
    assert {request.entity.partition("_")[0] for request in erp.requests[asked:]} == {
        "AccumulationRegister",
        "Document",
    }


@pytest.mark.parametrize("mode", MODES)
def test_every_product_is_of_its_category(days: Days, mode: str) -> None:
    found = {line.product: line.product_category for answer in days[mode].values() for line in answer.lines}
    assert found == {product: CATEGORIES[product] for product in found}
    assert set(found.values()) == set(CATEGORIES.values())


def test_categories_that_nobody_wants_are_not_asked_for(erp: ErpServer) -> None:
    answer = odata_at(erp.odata_url, catalogs=ODataCatalogs(product_category="")).fetch_day(BUSY_DAY)
    assert {line.product_category for line in answer.lines} == {""}
    assert "Catalog_ТоварныеКатегории" not in {request.entity for request in erp.requests}
    assert [request.query for request in erp.requests if "ТоварнаяКатегория" in unquote(request.query)] == []


@pytest.mark.parametrize("missing", [{"product_category": "Вид_Key"}, {"product_categories": "Catalog_Виды"}])
def test_an_erp_without_categories_is_read_without_them(
    erp: ErpServer, days: Days, missing: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    source = odata_at(erp.odata_url, catalogs=ODataCatalogs(**missing))
    for day in (BUSY_DAY, BUSY_DAY - 1):
        answer = source.fetch_day(day)
        assert read(answer) == read(days["register"][day])
        assert {line.product_category for line in answer.lines} == {""}
    (told,) = [record.getMessage() for record in caplog.records if "categories" in record.getMessage()]
    assert told.startswith("The ERP gives no categories of products: The ERP ")


def test_no_question_is_too_long(erp: ErpServer) -> None:
    odata_at(erp.odata_url).fetch_day(BUSY_DAY)
    odata_at(erp.odata_url, mode="documents").fetch_day(BUSY_DAY)
    assert {request.status for request in erp.requests} == {200}
