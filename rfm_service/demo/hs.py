"""What 1C's custom HTTP service says to a call: a call in, an answer out."""

from datetime import datetime

import msgspec

from rfm_service.clock import day_of
from rfm_service.demo.book import Book
from rfm_service.demo.documents import NO_DAY
from rfm_service.demo.protocol import BUYERS, LINES, TEXT, Answer, Call, Request, Rows
from rfm_service.settings import BuyerFields

PATH = "/hs/rfm"
MANAGER = "Менеджер"

NO_SERVICE = "HTTP-сервис не найден"
WRONG_METHOD = "Метод HTTP-сервиса не найден"
ACCESS_DENIED = "Доступ запрещён: неверный токен"
UNKNOWN_ALGORITHM = "Неизвестный алгоритм выгрузки"
MALFORMED = (
    "{HTTPСервис.rfm.Модуль(14)}: Ошибка при вызове метода контекста (ПрочитатьJSON)\n"
    "\tПараметры = ПрочитатьJSON(Чтение, Ложь, ИменаДат);\n"
    "по причине:\nНепредвиденный символ при чтении JSON"
)


class _Body(msgspec.Struct):
    datefrom: datetime
    datebefore: datetime
    algoritm: str


UNREADABLE = Request("", NO_DAY, NO_DAY)


def request_of(body: bytes) -> Request:
    """What a body asks for; UNREADABLE if it is no JSON or lacks a field. Times of day do not matter."""
    try:
        asked = msgspec.json.decode(body, type=_Body)
    except msgspec.DecodeError:
        return UNREADABLE
    return Request(asked.algoritm, day_of(asked.datefrom), day_of(asked.datebefore))


def reply(book: Book, token: str, call: Call) -> Answer:
    """What a healthy 1C answers."""
    if call.path != PATH:
        return _refusal(404, NO_SERVICE)
    if call.method != "POST":
        return _refusal(405, WRONG_METHOD)
    if call.authorization != token.encode():
        return _refusal(401, ACCESS_DENIED)
    return _result(book, request_of(call.body))


def _result(book: Book, request: Request) -> Answer:
    if request is UNREADABLE:
        return _refusal(500, MALFORMED)
    if request.algorithm == LINES:
        return answer_of(_lines(book, request))
    if request.algorithm == BUYERS:
        return answer_of(_cards(book, request))
    return _refusal(400, UNKNOWN_ALGORITHM)


def _lines(book: Book, request: Request) -> Rows:
    days = (day for day in book.days if request.first <= day <= request.last)
    return [line for day in days for line in book.wire_lines(day)]


def _cards(book: Book, request: Request) -> Rows:
    names = BuyerFields()
    return [
        {names.name: buyer.name, names.email: buyer.email, names.category: buyer.category, MANAGER: buyer.manager}
        for buyer in book.buyers_between(request.first, request.last)
    ]


def answer_of(rows: Rows) -> Answer:
    """Rows as the service sends them: JSON inside a string inside JSON."""
    return Answer(200, msgspec.json.encode({"data": msgspec.json.encode(rows).decode()}))


def rows_of(answer: Answer) -> Rows:
    """The rows inside an answer with status 200."""
    envelope = msgspec.json.decode(answer.body, type=dict[str, str])
    return msgspec.json.decode(envelope["data"], type=Rows)


def _refusal(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), TEXT)
