"""Each fault, as a client meets it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from rfm_service.clock import date_of
from rfm_service.demo.book import Book
from rfm_service.demo.faults import FAULTS, always, in_turn, slow
from rfm_service.demo.protocol import Plan, Request
from rfm_service.demo.server import ErpServer

from .builders import FRIDAY, sale

BOOK = Book([sale(), sale(number="УТ-000002")])


def ask(erp: ErpServer, timeout: float = 5) -> requests.Response:
    body = {
        "datefrom": f"{date_of(FRIDAY)}T00:00:00",
        "datebefore": f"{date_of(FRIDAY)}T23:59:59",
        "algoritm": "clasterclients",
    }
    return requests.post(erp.url, headers={"Authorization": "demo"}, json=body, timeout=timeout)


def answer_to(plan: Plan) -> requests.Response:
    with ErpServer(BOOK, "demo", plan=plan) as erp:
        return ask(erp)


def rows(answer: requests.Response) -> list[dict[str, Any]]:
    return list(json.loads(answer.json()["data"]))


def test_a_login_page() -> None:
    answer = answer_to(always(FAULTS["html_page"]))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_no_answer_at_all() -> None:
    with ErpServer(BOOK, "demo", plan=always(FAULTS["refuse"])) as erp:
        with pytest.raises(requests.ConnectionError):
            ask(erp)
        assert erp.requests == [Request("clasterclients", FRIDAY, FRIDAY, 0)]


def test_an_error_of_the_server() -> None:
    answer = answer_to(always(FAULTS["server_error"]))
    assert answer.status_code == 500
    assert "1C:Enterprise 8 application error" in answer.text


def test_maintenance() -> None:
    answer = answer_to(always(FAULTS["maintenance"]))
    assert answer.status_code == 403
    assert answer.content.startswith(b"\xef\xbb\xbf{")
    exception = json.loads(answer.content.decode("utf-8-sig"))["exception"]
    assert exception["inner"]["descr"].startswith("Начало сеанса с информационной базой запрещено.")


def test_an_empty_list_on_a_day_with_sales() -> None:
    assert rows(answer_to(always(FAULTS["no_rows"]))) == []


def test_a_missing_column() -> None:
    first, second = rows(answer_to(always(FAULTS["missing_column"])))
    assert (len(first), len(second)) == (12, 12)
    assert "Сумма" not in first | second


def test_one_date_that_is_none() -> None:
    first, second = rows(answer_to(always(FAULTS["bad_date"])))
    assert first["ДатаРегистратора"] == "31.02.2026 25:00"
    assert second["ДатаРегистратора"] == "2026-11-20T10:05:07"


def test_a_body_that_breaks_off() -> None:
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        answer_to(always(FAULTS["truncated"]))


def test_an_answer_that_takes_its_time() -> None:
    with ErpServer(BOOK, "demo", plan=always(slow(0.3))) as erp:
        with pytest.raises(requests.ReadTimeout):
            ask(erp, timeout=0.1)
        assert len(rows(ask(erp))) == 2


@pytest.mark.parametrize("name", ["missing_column", "bad_date"])
def test_a_refusal_has_no_rows_to_spoil(name: str) -> None:
    with ErpServer(BOOK, "другой", plan=always(FAULTS[name])) as erp:
        assert ask(erp).status_code == 401


def test_faults_in_turn() -> None:
    with ErpServer(BOOK, "demo", plan=in_turn(FAULTS["server_error"], None, FAULTS["maintenance"])) as erp:
        assert [ask(erp).status_code for _ in range(4)] == [500, 200, 403, 200]


def test_a_plan_may_look_at_the_request() -> None:
    def on_buyers(number: int, request: Request) -> Callable[..., Any] | None:
        return FAULTS["server_error"] if request.algorithm == "partnersdata" else None

    assert answer_to(on_buyers).status_code == 200
