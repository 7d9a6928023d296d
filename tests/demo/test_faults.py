"""Each fault, as a client meets it, over each protocol that it is played over."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from rfm_service.clock import date_of
from rfm_service.demo.book import Book
from rfm_service.demo.documents import NO_DAY, Line
from rfm_service.demo.faults import (
    FAULTS,
    Harm,
    always,
    drip,
    gzip_bomb,
    hang,
    in_turn,
    on_page,
    once_between_pages,
    poison,
    seeded,
    slow,
)
from rfm_service.demo.protocol import HS, ODATA, Fault, Plan, Request
from rfm_service.demo.server import ErpServer

from .builders import FRIDAY, RIBBON, sale
from .odata import RECORDS, SALES, TOKEN, error, get, of_day, rows

BOOK = Book([sale(), sale(FRIDAY, RIBBON, number="УТ-000002", order_number="", order_day=NO_DAY)])
QUICK = FAULTS | {"slow": slow(0.05), "hang": hang(0.05), "drip": drip(0.01), "gzip_bomb": gzip_bomb(3)}
PLAYED = sorted((name, protocol) for name, kind in FAULTS.items() for protocol in kind.protocols)
DATES = {"ДатаРегистратора", "Period"}


def ask(erp: ErpServer, protocol: str = HS, timeout: float = 5) -> requests.Response:
    """The rows of Friday."""
    if protocol == ODATA:
        return get(erp, RECORDS, timeout, filter=of_day(FRIDAY), orderby="Period,Recorder,LineNumber")
    body = {
        "datefrom": f"{date_of(FRIDAY)}T00:00:00",
        "datebefore": f"{date_of(FRIDAY)}T23:59:59",
        "algoritm": "clasterclients",
    }
    headers = {"Authorization": TOKEN.encode()}
    return requests.post(erp.url, headers=headers, json=body, timeout=timeout, allow_redirects=False)


def answer_to(plan: Plan, protocol: str = HS) -> requests.Response:
    with ErpServer(BOOK, TOKEN, plan=plan) as erp:
        return ask(erp, protocol)


def rows_in(answer: requests.Response) -> list[dict[str, Any]]:
    """The rows of a usual answer, read as forgivingly as may be."""
    text = answer.content.decode("utf-8-sig").strip()
    found = json.loads(text, strict=False)
    found = found["value"] if "value" in found else found["data"]
    while isinstance(found, str):
        found = json.loads(found.removeprefix("\ufeff"), strict=False)
    return list(found)


def meaning(row: dict[str, Any]) -> set[tuple[str, str]]:
    """What a row says, whatever way it is written."""
    said = {}
    for name, value in row.items():
        text = " ".join(str(value).split())
        if name in DATES:
            text = text[:10]
        if name == "Сумма" or name == "СуммаВыручки":
            text = str(float(text.replace(" ", "").replace(",", ".")))
        if text[:10] in {"0001-01-01", "0000-00-00"}:
            text = ""
        said[name] = text
    said.pop("Комментарий", None)
    return set(said.items())


def test_what_is_harmless_means_the_same_day() -> None:
    harmless = [(name, protocol) for name, protocol in PLAYED if FAULTS[name].harm is Harm.NONE]
    for name, protocol in harmless:
        usual = rows_in(answer_to(always(lambda answer: answer()), protocol))
        spoilt = rows_in(answer_to(always(QUICK[name]), protocol))
        assert [meaning(row) for row in spoilt] == [meaning(row) for row in usual], (name, protocol)


@pytest.mark.parametrize(("name", "protocol"), [play for play in PLAYED if FAULTS[play[0]].harm is Harm.FATAL])
def test_what_must_not_be_taken_for_a_day_has_no_rows_of_it(name: str, protocol: str) -> None:
    try:
        answer = answer_to(always(QUICK[name]), protocol)
        assert answer.status_code == 200
        found = rows_in(answer)
    except (requests.RequestException, AssertionError, ValueError, TypeError, KeyError):
        return
    assert not [row for row in found if {"Сумма", "СуммаВыручки"} & set(row) and "2026-11-20" in str(row)]


@pytest.mark.parametrize(("name", "protocol"), [play for play in PLAYED if FAULTS[play[0]].harm is Harm.SOME_ROWS])
def test_what_spoils_rows_spoils_few(name: str, protocol: str) -> None:
    usual = rows_in(answer_to(always(lambda answer: answer()), protocol))
    answer = answer_to(always(QUICK[name]), protocol)
    assert answer.status_code == 200
    if name != "cp1251":
        spoilt = rows_in(answer)
        assert spoilt != usual
        assert usual[-1] in spoilt


def test_a_body_in_another_encoding_than_its_header_says() -> None:
    answer = answer_to(always(FAULTS["cp1251"]))
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Ёлки" in answer.content.decode("cp1251")
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("html_page", 200),
        ("bad_url", 400),
        ("unauthorized", 401),
        ("maintenance", 403),
        ("forbidden", 403),
        ("no_page", 404),
        ("query_too_long", 404),
        ("wrong_method", 405),
        ("session_timed_out", 406),
        ("request_timed_out", 408),
        ("too_large", 413),
        ("too_many", 429),
        ("server_error", 500),
        ("not_implemented", 501),
        ("bad_gateway", 502),
        ("unavailable", 503),
        ("gateway_timed_out", 504),
        ("redirect_301", 301),
        ("redirect_302", 302),
    ],
)
@pytest.mark.parametrize("protocol", [HS, ODATA])
def test_statuses(name: str, status: int, protocol: str) -> None:
    assert answer_to(always(FAULTS[name]), protocol).status_code == status


def test_a_login_page() -> None:
    answer = answer_to(always(FAULTS["html_page"]))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_no_answer_at_all() -> None:
    with ErpServer(BOOK, TOKEN, plan=always(FAULTS["refuse"])) as erp:
        with pytest.raises(requests.ConnectionError):
            ask(erp)
        assert erp.requests == [Request("clasterclients", FRIDAY, FRIDAY, 0)]


def test_an_error_of_the_server() -> None:
    answer = answer_to(always(FAULTS["server_error"]))
    assert "1C:Enterprise 8 application error" in answer.text


def test_maintenance() -> None:
    answer = answer_to(always(FAULTS["maintenance"]))
    assert answer.content.startswith(b"\xef\xbb\xbf{")
    exception = json.loads(answer.content.decode("utf-8-sig"))["exception"]
    assert exception["inner"]["descr"].startswith("Начало сеанса с информационной базой запрещено.")


def test_a_busy_server_says_when_to_come_back() -> None:
    assert answer_to(always(FAULTS["too_many"])).headers["Retry-After"] == "1"


def test_a_redirect_names_where_to() -> None:
    assert answer_to(always(FAULTS["redirect_302"])).headers["Location"].startswith("https://")


def test_errors_of_the_standard_interface_have_codes() -> None:
    for name, status, code in (("rights_refused", 401, "20"), ("lock_conflict", 500, "-1"), ("no_entity", 404, "8")):
        with ErpServer(BOOK, TOKEN, plan=always(FAULTS[name])) as erp:
            assert error(erp, RECORDS)[:2] == (status, code)


def test_an_empty_list_on_a_day_with_sales() -> None:
    for protocol in (HS, ODATA):
        assert rows_in(answer_to(always(FAULTS["no_rows"]), protocol)) == []


def test_a_missing_column() -> None:
    first, second = rows_in(answer_to(always(FAULTS["missing_column"])))
    assert (len(first), len(second)) == (13, 13)
    assert "Сумма" not in first | second


def test_a_column_that_only_looks_right() -> None:
    (first, _), (record, _) = (
        rows_in(answer_to(always(FAULTS["look_alike_column"]), protocol)) for protocol in (HS, ODATA)
    )
    assert "Сумма" not in first
    assert "Cумма" in first
    assert "CуммаВыручки" in record


def test_faults_reach_the_rows_of_tabular_parts() -> None:
    with ErpServer(BOOK, TOKEN, plan=always(FAULTS["missing_column"])) as erp:
        assert "СуммаСНДС" not in rows(erp, SALES)[0]["Товары"][0]


def test_one_date_that_is_none() -> None:
    first, second = rows_in(answer_to(always(FAULTS["bad_date"])))
    assert first["ДатаРегистратора"] == "31.02.2026 25:00"
    assert second["ДатаРегистратора"] == "2026-11-20T10:05:07"


def test_numbers_as_people_write_them() -> None:
    book = Book([sale(FRIDAY, Line("Плед", "", 1_000, 1_234_56))])
    with ErpServer(book, TOKEN, plan=always(FAULTS["numbers_as_text"])) as erp:
        assert rows_in(ask(erp))[0]["Сумма"] == "1\N{NO-BREAK SPACE}234,56"


def test_numbers_without_end() -> None:
    assert rows_in(answer_to(always(FAULTS["number_of_38_digits"])))[0]["Количество"] == 10**38 - 1
    assert rows_in(answer_to(always(FAULTS["number_1e20"])))[0]["Сумма"] == 1e20


def test_a_body_that_breaks_off() -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        answer_to(always(FAULTS["truncated"]))


def test_a_connection_that_is_reset() -> None:
    with pytest.raises(requests.exceptions.RequestException, match="reset"):
        answer_to(always(FAULTS["reset"]))


def test_a_small_body_that_grows_large() -> None:
    answer = answer_to(always(gzip_bomb(3)))
    assert int(answer.headers["Content-Length"]) < 10_000
    assert len(answer.content) == 3 << 20


def test_an_answer_that_takes_its_time() -> None:
    with ErpServer(BOOK, TOKEN, plan=always(slow(0.3))) as erp:
        with pytest.raises(requests.ReadTimeout):
            ask(erp, timeout=0.1)
        assert len(rows_in(ask(erp))) == 2


def test_an_answer_that_drips() -> None:
    start = time.monotonic()
    assert len(rows_in(answer_to(always(drip(0.02))))) == 2
    assert time.monotonic() - start > 0.15


def test_no_answer_for_a_while() -> None:
    with ErpServer(BOOK, TOKEN, plan=always(hang(0.3))) as erp, pytest.raises(requests.ReadTimeout):
        ask(erp, timeout=0.1)


@pytest.mark.parametrize("name", ["missing_column", "bad_date", "no_rows", "list_in_data", "encoded_twice"])
def test_a_refusal_has_no_rows_to_spoil(name: str) -> None:
    with ErpServer(BOOK, "другой", plan=always(FAULTS[name])) as erp:
        assert ask(erp).status_code == 401
        assert ask(erp, ODATA).status_code == 401


# Plans


def test_faults_in_turn() -> None:
    with ErpServer(BOOK, TOKEN, plan=in_turn(FAULTS["server_error"], None, FAULTS["maintenance"])) as erp:
        assert [ask(erp).status_code for _ in range(4)] == [500, 200, 403, 200]


def test_a_plan_may_look_at_the_request() -> None:
    def on_buyers(number: int, request: Request) -> Callable[..., Any] | None:
        return FAULTS["server_error"] if request.algorithm == "partnersdata" else None

    def on_the_register(number: int, request: Request) -> Fault | None:
        return FAULTS["server_error"] if request.entity == RECORDS else None

    assert answer_to(on_buyers).status_code == 200
    assert [answer_to(on_the_register, protocol).status_code for protocol in (HS, ODATA)] == [200, 500]


def test_a_seeded_plan_plays_faults_of_the_protocol_at_its_rate_and_can_be_repeated() -> None:
    requests_made = [Request("", 0, 0, protocol=protocol) for protocol in (HS, ODATA) for _ in range(500)]
    one, other, another = ([seeded(seed, 0.2)(*item) for item in enumerate(requests_made)] for seed in (1, 1, 2))
    assert one == other != another
    assert 150 < sum(fault is not None for fault in one) < 250
    for fault, request in zip(one, requests_made, strict=True):
        assert fault is None or request.protocol in fault.protocols  # type: ignore[attr-defined]
    assert not any(seeded(1, 0)(number, request) for number, request in enumerate(requests_made))


# Pages


LONG = Book([sale(number=f"УТ-{number:06}", second=number) for number in range(30)])


def page(erp: ErpServer, number: int) -> requests.Response:
    return get(erp, RECORDS, filter=of_day(FRIDAY), orderby="Period,Recorder,LineNumber", top=10, skip=10 * number)


def test_a_later_page_that_fails() -> None:
    with ErpServer(LONG, TOKEN, plan=on_page(2, FAULTS["bad_gateway"])) as erp:
        assert [page(erp, number).status_code for number in (0, 1, 2)] == [200, 200, 502]


def test_a_document_that_no_page_can_hold() -> None:
    bad = LONG.of_day(FRIDAY)[15]
    with ErpServer(LONG, TOKEN, plan=always(poison(bad.key))) as erp:
        assert [page(erp, number).status_code for number in (0, 1, 2)] == [200, 500, 200]


def test_a_page_in_the_middle_that_is_short() -> None:
    with ErpServer(LONG, TOKEN, plan=on_page(1, FAULTS["short_page"])) as erp:
        assert [len(page(erp, number).json()["value"]) for number in (0, 1, 2)] == [10, 9, 10]


def test_rights_that_are_cut() -> None:
    with ErpServer(LONG, TOKEN, plan=always(FAULTS["rights_cut"])) as erp:
        assert len(rows(erp, RECORDS)) == 15


def numbers(erp: ErpServer) -> list[str]:
    return [row["Period"][-2:] for number in (0, 1, 2) for row in page(erp, number).json()["value"]]


def test_a_row_that_slips_in_between_two_pages_repeats_another() -> None:
    book = LONG.copy()
    early = sale(number="УТ-Д00001", second=0)
    with ErpServer(book, TOKEN, plan=once_between_pages(lambda: book.post(early))) as erp:
        found = numbers(erp)
    assert len(found) == 30
    assert found.count("09") == 2
    assert found[-1] == "28"


def test_a_row_that_vanishes_between_two_pages_hides_another() -> None:
    book = LONG.copy()
    with ErpServer(book, TOKEN, plan=once_between_pages(lambda: book.remove(book.of_day(FRIDAY)[0]))) as erp:
        found = numbers(erp)
    assert len(found) == 29
    assert "10" not in found


def test_a_fault_of_the_other_protocol_is_not_played() -> None:
    plan = seeded(1, 1.0, {"atom": FAULTS["atom"]})
    assert plan(0, Request("clasterclients", 1, 1)) is None
    assert plan(0, Request("", 1, 1, protocol="odata")) is FAULTS["atom"]
