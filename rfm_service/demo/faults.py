"""Ways in which a 1C server misbehaves, by name, and plans of when it does.

A fault gets the usual answer as a function: it may call it and change what comes, or answer without it.
"""

import time
from collections.abc import Callable

import msgspec

from rfm_service.demo.documents import FIELDS
from rfm_service.demo.protocol import HTML, Answer, Fault, HangUp, Plan, Request, Row, Rows, Usual, answer_of, rows_of

BOM = b"\xef\xbb\xbf"

LOGIN_PAGE = """<!DOCTYPE html>
<html lang="ru"><head><title>Вход в систему</title></head>
<body><form method="post"><h1>1С:Предприятие</h1>
<input name="user" placeholder="Пользователь"><input name="password" type="password"><button>Войти</button>
</form></body></html>
"""

ERROR_PAGE = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>1C:Enterprise 8 application error</title></head>
<body><h2>1C:Enterprise 8 application error:</h2>
<p>Конфликт блокировок при выполнении транзакции: превышено максимальное время ожидания предоставления блокировки</p>
</body></html>
"""

SESSIONS_FORBIDDEN = {
    "#exception": "{http://v8.1c.ru/8.2/virtual-resource-system}Exception",
    "exception": {
        "reason": 403,
        "descr": "HTTP: Forbidden\nОшибка при выполнении запроса к информационной базе",
        "inner": {"descr": "Начало сеанса с информационной базой запрещено.\nВедутся технические работы"},
    },
}


def html_page(_: Usual) -> Answer:
    """A login page with status 200."""
    return Answer(200, LOGIN_PAGE.encode(), HTML)


def refuse(_: Usual) -> Answer:
    """The connection closes before any answer."""
    raise HangUp


def server_error(_: Usual) -> Answer:
    """1C's own error page: a lock that was not given in time."""
    return Answer(500, ERROR_PAGE.encode(), HTML)


def maintenance(_: Usual) -> Answer:
    """Sessions are forbidden while somebody updates the base."""
    return Answer(403, BOM + msgspec.json.encode(SESSIONS_FORBIDDEN))


def no_rows(_: Usual) -> Answer:
    """An empty list, whatever the day had."""
    return answer_of([])


def missing_column(usual: Usual) -> Answer:
    """Every row has lost its sum."""
    return _with_rows(usual, lambda rows: [_without(row, FIELDS.sum) for row in rows])


def bad_date(usual: Usual) -> Answer:
    """The date of the first row is no date."""
    return _with_rows(usual, lambda rows: [row | {FIELDS.date: "31.02.2026 25:00"} for row in rows[:1]] + rows[1:])


def truncated(usual: Usual) -> Answer:
    """Half of the body, after a Content-Length that promises all of it."""
    whole = usual()
    return msgspec.structs.replace(whole, body=whole.body[: len(whole.body) // 2], length=len(whole.body))


def slow(seconds: float) -> Fault:
    """The usual answer, after a while."""

    def delayed(usual: Usual) -> Answer:
        time.sleep(seconds)
        return usual()

    return delayed


def _with_rows(usual: Usual, change: Callable[[Rows], Rows]) -> Answer:
    answer = usual()
    return answer_of(change(rows_of(answer))) if answer.status == 200 else answer


def _without(row: Row, column: str) -> Row:
    return {name: value for name, value in row.items() if name != column}


FAULTS: dict[str, Fault] = {
    "html_page": html_page,
    "refuse": refuse,
    "server_error": server_error,
    "maintenance": maintenance,
    "no_rows": no_rows,
    "missing_column": missing_column,
    "bad_date": bad_date,
    "truncated": truncated,
    "slow": slow(2),
}


def flawless(_number: int, _request: Request) -> None:
    """The plan of a server that never misbehaves."""


def always(fault: Fault) -> Plan:
    """The plan of a server that always misbehaves so."""
    return lambda _number, _request: fault


def in_turn(*faults: Fault | None) -> Plan:
    """A plan for the first requests, one by one; None and all later requests are answered as usual."""
    return lambda number, _request: faults[number] if number < len(faults) else None
