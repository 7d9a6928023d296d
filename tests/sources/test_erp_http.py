"""Days and cards from the demo shop's 1C, healthy and not."""

from collections.abc import Iterator

import msgspec
import pytest

from rfm_service.demo.book import Book
from rfm_service.demo.documents import Card, Document, Line
from rfm_service.demo.faults import FAULTS, always, in_turn
from rfm_service.demo.protocol import BUYERS, LINES, Fault, Request
from rfm_service.demo.server import ErpServer
from rfm_service.errors import BadAnswer, ErpRefused, ErpUnavailable, RfmError
from rfm_service.records import Buyer, DayAnswer
from rfm_service.settings import Operations
from rfm_service.sources.kinds import Kinds
from tests.conftest import REFERENCE_DAY, TOKEN

from .builders import erp_at, money

BUSY_DAY = REFERENCE_DAY - 8  # a Thursday
LAST_MONTHS = range(REFERENCE_DAY - 60, REFERENCE_DAY)
KINDS = Kinds(Operations())

UNAVAILABLE = {
    "refuse": "No connection to the ERP at {host}. Is 1C's web server running?",
    "server_error": "The ERP answered 500; trying again later.",
    "maintenance": "The ERP is closed for maintenance (403, sessions are forbidden).",
    "truncated": "The ERP's answer broke off.",
}
BAD = {
    "html_page": "The ERP answered a web page instead of data: Вход в систему 1С:Предприятие Войти",
    "missing_column": "The ERP's lines have no field Сумма (nearest: -). Check [erp.fields] against 1C.",
}


def complete(book: Book, day: int) -> Iterator[tuple[Document, Line]]:
    """The lines of a day that lack nothing."""
    for document in book.of_day(day):
        if document.number:
            yield from ((document, line) for line in document.lines if None not in {line.quantity, line.amount})


def kopecks(book: Book, day: int) -> int:
    return sum(document.amount for document in book.of_day(day))


def told(error: type[RfmError], erp: ErpServer, tries: int = 1) -> str:
    """What the error says of a day."""
    with pytest.raises(error) as caught:
        erp_at(erp.url, tries=tries).fetch_day(BUSY_DAY)
    return str(caught.value)


@pytest.fixture(scope="module")
def days(shop: Book) -> dict[int, DayAnswer]:
    """The last months, as they arrive."""
    with ErpServer(shop, TOKEN) as server:
        source = erp_at(server.url)
        return {day: source.fetch_day(day) for day in LAST_MONTHS}


def test_a_day_is_what_stands_in_the_book(shop: Book, days: dict[int, DayAnswer]) -> None:
    for day in LAST_MONTHS:
        assert [
            (line.header.kind, line.header.number, line.header.order_number, line.header.order_day, line.header.buyer)
            for line in days[day].lines
        ] == [
            (KINDS.of(document.operation), document.number, document.order_number, document.order_day, document.buyer)
            for document, _ in complete(shop, day)
        ]


def test_lines_are_what_stands_in_the_book(shop: Book, days: dict[int, DayAnswer]) -> None:
    for day in LAST_MONTHS:
        assert [(line.product, line.feature, line.quantity, line.amount) for line in days[day].lines] == [
            (line.product, line.feature, line.quantity, line.amount) for _, line in complete(shop, day)
        ]


def test_no_line_and_no_kopeck_is_lost(shop: Book, days: dict[int, DayAnswer]) -> None:
    for day in LAST_MONTHS:
        assert len(days[day].lines) + len(days[day].refused) == len(shop.wire_lines(day))
        assert money(days[day]) == kopecks(shop, day)
    assert sum(money(day) for day in days.values()) > 1_000_000_00


def test_one_request_a_day(shop: Book) -> None:
    with ErpServer(shop, TOKEN) as server:
        source = erp_at(server.url)
        source.fetch_day(BUSY_DAY)
        source.fetch_day(BUSY_DAY + 1)
        assert server.requests == [
            Request(LINES, BUSY_DAY, BUSY_DAY, 200),
            Request(LINES, BUSY_DAY + 1, BUSY_DAY + 1, 200),
        ]


def test_a_day_before_the_shop_opened_is_empty(erp: ErpServer) -> None:
    answer = erp_at(erp.url).fetch_day(REFERENCE_DAY - 2_000)
    assert (answer.lines, answer.refused) == ([], [])


def test_a_day_that_did_not_change_keeps_its_fingerprint(erp: ErpServer, days: dict[int, DayAnswer]) -> None:
    assert erp_at(erp.url).fetch_day(BUSY_DAY).sha256 == days[BUSY_DAY].sha256


def known(shop: Book, first: int, last: int) -> list[Buyer]:
    """The cards of the book as we know them."""
    return [Buyer(card.name, card.email, card.category, card.manager) for card in shop.buyers_between(first, last)]


def test_cards_of_the_buyers(shop: Book, erp: ErpServer) -> None:
    cards = erp_at(erp.url).fetch_buyers(REFERENCE_DAY - 30, REFERENCE_DAY - 1, ())
    assert cards == known(shop, REFERENCE_DAY - 30, REFERENCE_DAY - 1)
    assert erp.requests == [Request(BUYERS, REFERENCE_DAY - 30, REFERENCE_DAY - 1, 200)]


def test_a_card_without_a_name_is_left_out() -> None:
    elki = Buyer("Ёлки", "zakaz@elki.example", "")
    sold = Document("Реализация", "1", 20_000, 0, "", -1, "Ёлки", "", None, "", ())
    with ErpServer(
        Book(
            [sold, msgspec.structs.replace(sold, buyer="")],
            [Card("Ёлки", "zakaz@elki.example", ""), Card("", "x@y.example", "Опт")],
        ),
        TOKEN,
    ) as server:
        assert erp_at(server.url).fetch_buyers(20_000, 20_000, ()) == [elki]


def test_a_wrong_token(erp: ErpServer) -> None:
    with pytest.raises(ErpRefused) as caught:
        erp_at(erp.url, token="another", tries=4).fetch_day(BUSY_DAY)
    assert str(caught.value) == "The ERP refused our token (401). Check erp.token (RFM_ERP__TOKEN) and erp.auth."
    assert [request.status for request in erp.requests] == [401]


def test_a_wrong_path(erp: ErpServer) -> None:
    with pytest.raises(ErpRefused) as caught:
        erp_at(f"{erp.url}/v2?key=canary", tries=4).fetch_day(BUSY_DAY)
    host = erp.url.split("/")[2]
    assert str(caught.value) == f"The ERP at {host} answered 404. Check erp.url: the path of the HTTP service."


@pytest.mark.parametrize("token", ["Секрет-Ё", "user:пароль", "ключ 🔑"])
def test_a_token_in_any_letters(shop: Book, token: str) -> None:
    with ErpServer(shop, token) as server:
        erp_at(server.url, token=token).fetch_day(BUSY_DAY)


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_a_fault_that_passes(shop: Book, name: str) -> None:
    with ErpServer(shop, TOKEN, plan=in_turn(FAULTS[name], FAULTS[name])) as server:
        answer = erp_at(server.url, tries=3).fetch_day(BUSY_DAY)
        assert money(answer) == kopecks(shop, BUSY_DAY)
        assert len(server.requests) == 3


@pytest.mark.parametrize(("name", "sentence"), UNAVAILABLE.items())
def test_a_fault_that_stays(shop: Book, name: str, sentence: str) -> None:
    with ErpServer(shop, TOKEN, plan=always(FAULTS[name])) as server:
        assert told(ErpUnavailable, server, tries=3) == sentence.format(host=server.url.split("/")[2])
        assert len(server.requests) == 3


@pytest.mark.parametrize(("name", "sentence"), BAD.items())
def test_an_answer_that_is_not_believed(shop: Book, name: str, sentence: str) -> None:
    with ErpServer(shop, TOKEN, plan=in_turn(FAULTS[name])) as server:
        assert told(BadAnswer, server, tries=3) == sentence
        assert len(server.requests) == 1
        assert money(erp_at(server.url).fetch_day(BUSY_DAY)) == kopecks(shop, BUSY_DAY)


def test_one_bad_date_sets_one_line_aside(shop: Book) -> None:
    with ErpServer(shop, TOKEN, plan=in_turn(FAULTS["bad_date"])) as server:
        answer = erp_at(server.url).fetch_day(BUSY_DAY)
        assert [bad.field for bad in answer.refused] == ["date"]
        assert money(answer) == kopecks(shop, BUSY_DAY)


def test_an_empty_list_looks_like_a_day_without_sales(shop: Book) -> None:
    with ErpServer(shop, TOKEN, plan=in_turn(FAULTS["no_rows"])) as server:
        answer = erp_at(server.url).fetch_day(BUSY_DAY)
        assert (answer.lines, answer.refused) == ([], [])


def test_an_answer_that_takes_too_long(shop: Book) -> None:
    with ErpServer(shop, TOKEN, plan=in_turn(FAULTS["slow"])) as server:
        answer = erp_at(server.url, read_timeout=0.3, tries=2).fetch_day(BUSY_DAY)
        assert money(answer) == kopecks(shop, BUSY_DAY)
        assert len(server.requests) == 2


def test_faults_of_different_kinds_in_one_day(shop: Book) -> None:
    faults: list[Fault | None] = [FAULTS["refuse"], FAULTS["maintenance"], FAULTS["truncated"], FAULTS["server_error"]]
    with ErpServer(shop, TOKEN, plan=in_turn(*faults)) as server:
        assert money(erp_at(server.url, tries=5).fetch_day(BUSY_DAY)) == kopecks(shop, BUSY_DAY)
        assert [request.status for request in server.requests] == [0, 403, 200, 500, 200]


def test_cards_are_asked_again_too(shop: Book) -> None:
    with ErpServer(shop, TOKEN, plan=in_turn(FAULTS["maintenance"])) as server:
        assert erp_at(server.url, tries=2).fetch_buyers(BUSY_DAY, BUSY_DAY, ()) == known(shop, BUSY_DAY, BUSY_DAY)


def test_a_web_page_instead_of_cards(shop: Book) -> None:
    with ErpServer(shop, TOKEN, plan=in_turn(FAULTS["html_page"])) as server, pytest.raises(BadAnswer):
        erp_at(server.url).fetch_buyers(BUSY_DAY, BUSY_DAY, ())


def test_other_names_of_a_card(erp: ErpServer) -> None:
    source = erp_at(erp.url, buyer_fields={"name": "Партнер", "email": "Почта", "category": "Категория"})
    with pytest.raises(BadAnswer) as caught:
        source.fetch_buyers(BUSY_DAY, BUSY_DAY, ())
    assert str(caught.value) == "The buyers' cards cannot be read ('Почта'). Check [erp.buyer_fields]."


def test_a_server_that_comes_back(shop: Book) -> None:
    with ErpServer(shop, TOKEN) as server:
        source = erp_at(server.url, tries=2)
        first, port = source.fetch_day(BUSY_DAY), int(server.url.split(":")[2].split("/")[0])
    with pytest.raises(ErpUnavailable):
        source.fetch_day(BUSY_DAY)
    with ErpServer(shop, TOKEN, port=port):
        assert source.fetch_day(BUSY_DAY) == first
