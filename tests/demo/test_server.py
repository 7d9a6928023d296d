"""The server's half of the protocol, over real HTTP."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from rfm_service.clock import date_of
from rfm_service.demo.book import Book
from rfm_service.demo.documents import Card
from rfm_service.demo.protocol import Request
from rfm_service.demo.server import ErpServer

from .builders import FRIDAY, RIBBON, sale

TOKEN = "секрет"
BUYER = Card('ООО "Ёлки"', "zakaz@elki.example", "Опт", "Белова Анна")


@pytest.fixture
def erp() -> Iterator[ErpServer]:
    book = Book([sale(), sale(FRIDAY + 1, RIBBON), sale(FRIDAY + 2)], [BUYER])
    with ErpServer(book, TOKEN) as server:
        yield server


def ask(erp: ErpServer, first: int = FRIDAY, last: int = FRIDAY, **changes: Any) -> requests.Response:
    body = {
        "datefrom": f"{date_of(first)}T00:00:00",
        "datebefore": f"{date_of(last)}T23:59:59",
        "algoritm": "clasterclients",
    }
    return requests.post(erp.url, headers={"Authorization": TOKEN.encode()}, json=body | changes, timeout=5)


def rows(answer: requests.Response) -> list[dict[str, Any]]:
    return list(json.loads(answer.json()["data"]))


def test_rows_come_as_json_inside_json(erp: ErpServer) -> None:
    answer = ask(erp)
    assert answer.status_code == 200
    assert type(answer.json()["data"]) is str
    assert [row["Партнер"] for row in rows(answer)] == ['ООО "Ёлки"']


def test_only_the_days_asked_for(erp: ErpServer) -> None:
    assert [row["Сумма"] for row in rows(ask(erp, FRIDAY, FRIDAY + 1))] == [290, 45.75]
    assert rows(ask(erp, FRIDAY - 9, FRIDAY - 1)) == []
    assert rows(ask(erp, FRIDAY + 1, FRIDAY)) == []


def test_cards_of_buyers(erp: ErpServer) -> None:
    assert rows(ask(erp, algoritm="partnersdata")) == [
        {
            "Партнер": 'ООО "Ёлки"',
            "ЭлектроннаяПочта": "zakaz@elki.example",
            "Категория": "Опт",
            "Менеджер": "Белова Анна",
        }
    ]
    assert rows(ask(erp, FRIDAY - 1, FRIDAY - 1, algoritm="partnersdata")) == []


def test_a_wrong_token(erp: ErpServer) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}):
        answer = requests.post(erp.url, headers=headers, json={}, timeout=5)
        assert (answer.status_code, answer.text) == (401, "Доступ запрещён: неверный токен")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_other_methods(erp: ErpServer, method: str) -> None:
    assert requests.request(method, erp.url, timeout=5).status_code == 405


def test_another_path(erp: ErpServer) -> None:
    assert requests.post(f"{erp.url}/more", timeout=5).status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"<xml/>", b"[]", b'{"datefrom": "yesterday"}', b'{"algoritm": "clasterclients"}']
)
def test_a_body_that_cannot_be_read(erp: ErpServer, body: bytes) -> None:
    answer = requests.post(erp.url, headers={"Authorization": TOKEN.encode()}, data=body, timeout=5)
    assert answer.status_code == 500
    assert answer.text.startswith("{HTTPСервис.rfm.Модуль(14)}: Ошибка при вызове метода контекста (ПрочитатьJSON)")


def test_an_unknown_algorithm(erp: ErpServer) -> None:
    answer = ask(erp, algoritm="clients")
    assert (answer.status_code, answer.text) == (400, "Неизвестный алгоритм выгрузки")


def test_the_log_of_requests(erp: ErpServer) -> None:
    ask(erp, FRIDAY, FRIDAY + 1)
    ask(erp, algoritm="clients")
    requests.get(erp.url, timeout=5)
    assert erp.requests == [
        Request("clasterclients", FRIDAY, FRIDAY + 1, 200),
        Request("clients", FRIDAY, FRIDAY, 400),
        Request("", -1, -1, 405),
    ]


def test_an_empty_book() -> None:
    with ErpServer(Book(), TOKEN) as erp:
        assert ask(erp).json() == {"data": "[]"}
        assert ask(erp, algoritm="partnersdata").json() == {"data": "[]"}


def test_a_correction_shows_at_once() -> None:
    book = Book([sale()])
    with ErpServer(book, TOKEN) as erp:
        book.repost(sale(), sale(FRIDAY, RIBBON))
        assert [row["Сумма"] for row in rows(ask(erp))] == [45.75]


def test_many_calls_over_one_connection(erp: ErpServer) -> None:
    connection = HTTPConnection(urlsplit(erp.url).netloc, timeout=5)
    sockets = set()
    for _ in range(50):
        connection.request("POST", "/hs/rfm")
        assert connection.getresponse().read().decode() == "Доступ запрещён: неверный токен"
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1


def test_a_kept_connection_does_not_outlive_the_server() -> None:
    with requests.Session() as session:
        with ErpServer(Book(), TOKEN) as erp:
            session.post(erp.url, timeout=5)
        with pytest.raises(requests.ConnectionError):
            session.post(erp.url, timeout=5)
