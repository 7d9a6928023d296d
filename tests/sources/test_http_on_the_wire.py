"""What is really sent, and how every way of answering ends."""

import base64
import gzip
import json
import logging
import pickle
import socket
import struct
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from rfm_service.errors import AnswerTooHeavy, BadAnswer, ErpClosed, ErpRefused, ErpUnavailable, RfmError
from tests.conftest import TOKEN

from .builders import FRIDAY, erp_at, row
from .wire import Talk, Wire, answer, head, says

ROWS = json.dumps([row()] * 3).encode()
GOOD = answer(ROWS)
BODY = b'{"datefrom": "2026-11-20T00:00:00", "datebefore": "2026-11-20T23:59:59", "algoritm": "clasterclients"}'


def fail(talk: Talk, **changes: Any) -> RfmError:
    """The error of a day that is answered so."""
    with Wire(talk) as wire, pytest.raises(RfmError) as caught:
        erp_at(wire.url, **changes).fetch_day(FRIDAY)
    return caught.value


@contextmanager
def seconds(most: float) -> Iterator[None]:
    """What happens inside takes no longer."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < most


def dripping(first: bytes, rest: bytes, pause: float) -> Talk:
    """All of `first`, then `rest` byte by byte."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(first)
        for byte in rest:
            time.sleep(pause)
            connection.sendall(bytes([byte]))

    return drip


def hanging(first: bytes) -> Talk:
    """These bytes, then nothing until the caller hangs up."""

    def hang(connection: socket.socket) -> None:
        connection.sendall(first)
        connection.recv(1)

    return hang


def resetting(first: bytes) -> Talk:
    """These bytes, then a reset."""

    def reset(connection: socket.socket) -> None:
        connection.sendall(first)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return reset


def one_by_one(*talks: Talk) -> Talk:
    """A way for each connection."""
    left = iter(talks)

    def talk(connection: socket.socket) -> None:
        next(left)(connection)

    return talk


def test_the_request_to_the_letter() -> None:
    with Wire(says(GOOD)) as wire:
        erp_at(wire.url).fetch_day(FRIDAY)
        assert wire.asked == [
            (
                "POST /hs/rfm HTTP/1.1",
                {
                    "Host": f"127.0.0.1:{wire.port}".encode(),
                    "User-Agent": b"rfm_service",
                    "Accept-Encoding": b"gzip",
                    "Accept": b"application/json",
                    "Connection": b"keep-alive",
                    "Authorization": b"token-of-the-tests",
                    "Content-Type": b"application/json; charset=utf-8",
                    "Content-Length": b"102",
                },
                BODY,
            )
        ]


@pytest.mark.parametrize(
    ("auth", "token", "header"),
    [
        ("raw", "abc", b"abc"),
        ("raw", "Ключ", b"\xd0\x9a\xd0\xbb\xd1\x8e\xd1\x87"),
        ("bearer", "abc", b"Bearer abc"),
        ("bearer", "Ключ", b"Bearer \xd0\x9a\xd0\xbb\xd1\x8e\xd1\x87"),
        ("basic", "user:password", b"Basic dXNlcjpwYXNzd29yZA=="),
        ("basic", "Админ:пароль", b"Basic 0JDQtNC80LjQvTrQv9Cw0YDQvtC70Yw="),
    ],
)
def test_ways_to_carry_a_token(auth: str, token: str, header: bytes) -> None:
    with Wire(says(GOOD)) as wire:
        erp_at(wire.url, token=token, auth=auth).fetch_day(FRIDAY)
        assert wire.asked[0][1]["Authorization"] == header


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(says(GOOD), id="as usual"),
        pytest.param(says(answer(gzip.compress(ROWS), headers={"Content-Encoding": "gzip"})), id="gzip"),
        pytest.param(says(head("200 OK", {"Connection": "close"}), ROWS), id="no length"),
        pytest.param(
            says(head("200 OK", {"Transfer-Encoding": "chunked"}), b"%x\r\n" % len(ROWS), ROWS, b"\r\n0\r\n\r\n"),
            id="chunked",
        ),
        pytest.param(says(answer(ROWS, headers={"Content-Type": "text/html"})), id="called a page"),
        pytest.param(says(answer(b"\xef\xbb\xbf" + ROWS + b"\r\n")), id="BOM"),
        pytest.param(says(answer(ROWS, headers={"Set-Cookie": "IBSession=1"})), id="cookie"),
        pytest.param(says(b"HTTP/1.1 100 Continue\r\n\r\n", GOOD), id="continue first"),
        pytest.param(dripping(b"", answer(b"[]"), 0.001), id="byte by byte"),
    ],
)
def test_ways_to_answer_well(talk: Talk) -> None:
    with Wire(talk) as wire:
        assert len(erp_at(wire.url).fetch_day(FRIDAY).lines) in {0, 3}
        assert len(wire.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with Wire(says(GOOD)) as elsewhere:
        moved = answer(b"", f"{status} Moved", {"Location": elsewhere.url})
        error = fail(says(moved), tries=3)
        assert str(error) == (f"The ERP sent us to another address ({status}). Put the final address into erp.url.")
        assert type(error) is ErpRefused
        assert elsewhere.asked == []


@pytest.mark.parametrize("status", [406, 408, 429, 500, 502, 503, 504])
def test_a_status_that_passes(status: int) -> None:
    with Wire(says(answer(b"<h1>nginx</h1>", f"{status} Later"))) as wire:
        with pytest.raises(ErpUnavailable) as caught:
            erp_at(wire.url, tries=3).fetch_day(FRIDAY)
        assert str(caught.value) == f"The ERP answered {status}; trying again later."
        assert len(wire.asked) == 3


@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_that_the_erp_asks_for_is_kept(status: int) -> None:
    started = time.monotonic()
    with Wire(says(answer(b"", f"{status} Later", {"Retry-After": "1"}))) as wire:
        with pytest.raises(ErpUnavailable) as caught:
            erp_at(wire.url, tries=2).fetch_day(FRIDAY)
        assert str(caught.value) == f"The ERP answered {status} and asks to come back in 1 seconds."
        assert len(wire.asked) == 2
    assert 1 <= time.monotonic() - started < 2


def test_a_pause_of_hours_is_not_waited_for_here() -> None:
    with Wire(says(answer(b"", "503 Later", {"Retry-After": "86400"}))) as wire:
        with pytest.raises(ErpUnavailable, match="asks to come back in 86400 seconds"):
            erp_at(wire.url, tries=3).fetch_day(FRIDAY)
        assert len(wire.asked) == 1


@pytest.mark.parametrize("moment", ["Fri, 20 Nov 2026 10:00:00 GMT", "-1", "soon", ""])
def test_a_pause_that_is_no_number_of_seconds_is_ours(moment: str) -> None:
    with Wire(says(answer(b"", "503 Later", {"Retry-After": moment}))) as wire:
        with pytest.raises(ErpUnavailable, match="trying again later"):
            erp_at(wire.url, tries=3).fetch_day(FRIDAY)
        assert len(wire.asked) == 3


LOCKED = "Конфликт блокировок при выполнении транзакции: превышено максимальное время ожидания"
HANDLER = "{HTTPСервис.rfm.Модуль(14)}: Ошибка при вызове метода контекста (Выполнить)"
FULL = "<title>1C:Enterprise 8 application error</title><p>The device is full 'v8_1.tmp'</p>"
ODATA = '{"odata.error":{"code":"-1","message":{"lang":"ru","value":"Поле объекта не обнаружено"}}}'


@pytest.mark.parametrize(
    ("body", "kind", "asked"),
    [
        (LOCKED, ErpUnavailable, 3),
        ('{"odata.error":{"code":"-1","message":{"value":"' + LOCKED + '"}}}', ErpUnavailable, 3),
        ("Не найдена лицензия", ErpUnavailable, 3),
        ("", ErpUnavailable, 3),
        ("<h1>500 - Internal server error.</h1>", ErpUnavailable, 3),
        ("Недостаточно памяти для завершения операции", AnswerTooHeavy, 1),
        (FULL, AnswerTooHeavy, 1),
        (HANDLER, AnswerTooHeavy, 1),
        (ODATA, AnswerTooHeavy, 1),
    ],
)
def test_what_a_500_means(body: str, kind: type[RfmError], asked: int) -> None:
    with Wire(says(answer(body.encode(), "500 Internal Server Error"))) as wire:
        with pytest.raises(ErpUnavailable) as caught:
            erp_at(wire.url, tries=3).fetch_day(FRIDAY)
        assert (type(caught.value), len(wire.asked)) == (kind, asked)


PLATFORM = (
    '\ufeff{"#exception":"{http://v8.1c.ru/8.2/virtual-resource-system}Exception","exception":{"reason":403,'
    '"descr":"HTTP: Forbidden","inner":{"descr":"Начало сеанса с информационной базой запрещено."}}}'
)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (403, PLATFORM),
        (403, PLATFORM.replace("Начало сеанса", "Session start")),
        (403, "Начало сеанса с информационной базой запрещено."),
        (500, "Начало сеанса с информационной базой запрещено."),
    ],
)
def test_maintenance(status: int, body: str) -> None:
    with Wire(says(answer(body.encode(), f"{status} No"))) as wire:
        with pytest.raises(ErpClosed) as caught:
            erp_at(wire.url, tries=3).fetch_day(FRIDAY)
        assert str(caught.value) == f"The ERP is closed for maintenance ({status}, sessions are forbidden)."
        assert len(wire.asked) == 3


def test_rights_that_were_cut() -> None:
    body = '{"odata.error":{"code":"20","message":{"lang":"ru","value":"Недостаточно прав"}}}'.encode()
    error = fail(says(answer(body, "401 No")), tries=3)
    assert type(error) is ErpRefused
    assert str(error) == (
        "The ERP's user may not read some of the rows (401, code 20): its rights were cut. Ask the administrator of 1C."
    )


@pytest.mark.parametrize("status", [204, 400, 402, 404, 405, 413, 501])
def test_a_status_for_a_person(status: int) -> None:
    with Wire(says(answer(b"", f"{status} No"))) as wire:
        with pytest.raises(ErpRefused) as caught:
            erp_at(wire.url, tries=3).fetch_day(FRIDAY)
        assert str(caught.value) == (
            f"The ERP at 127.0.0.1:{wire.port} answered {status}. Check erp.url: the path of the HTTP service."
        )
        assert len(wire.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_status_for_the_token(status: int) -> None:
    error = fail(says(answer("Доступ запрещён".encode("cp1251"), f"{status} No")), tries=3)
    assert str(error) == f"The ERP refused our token ({status}). Check erp.token (RFM_ERP__TOKEN) and erp.auth."


def test_nobody_listens() -> None:
    with Wire(says(GOOD)) as wire:
        pass
    with pytest.raises(ErpUnavailable) as caught:
        erp_at(wire.url, tries=3).fetch_day(FRIDAY)
    assert str(caught.value) == f"No connection to the ERP at 127.0.0.1:{wire.port}. Is 1C's web server running?"


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(says(b""), id="closed at once"),
        pytest.param(resetting(b""), id="reset at once"),
        pytest.param(says(GOOD[:30]), id="closed among the headers"),
        pytest.param(resetting(GOOD[:30]), id="reset among the headers"),
        pytest.param(says(GOOD[:-1]), id="one byte short"),
        pytest.param(resetting(GOOD[:-100]), id="reset in the body"),
        pytest.param(says(b"SSH-2.0-OpenSSH_9.6\r\n"), id="not HTTP"),
        pytest.param(says(head("200 OK", {"Transfer-Encoding": "chunked"}), b"5\r\n[1,"), id="chunks without an end"),
        pytest.param(says(head("200 OK", {"Transfer-Encoding": "chunked"}), b"zz\r\n"), id="a chunk of no size"),
        pytest.param(says(answer(ROWS, headers={"Content-Encoding": "gzip"})), id="not gzip"),
        pytest.param(
            says(answer(gzip.compress(ROWS)[:-20], headers={"Content-Encoding": "gzip"})), id="half of a gzip"
        ),
        pytest.param(says(head("200 OK", {f"X-{n}": "y" for n in range(200)}), ROWS), id="two hundred headers"),
        pytest.param(says(head("200 OK", {"X": "y" * 100_000}), ROWS), id="a long header"),
    ],
)
def test_an_answer_that_breaks_off(talk: Talk) -> None:
    error = fail(talk)
    assert type(error) in {ErpUnavailable, BadAnswer}
    assert str(error).startswith(
        ("No connection to the ERP at", "The ERP's answer", "The ERP answered 200 with an empty body")
    )


@pytest.mark.parametrize(
    "first", [b"", GOOD[:30], GOOD[:-1]], ids=["at once", "in the headers", "before the last byte"]
)
def test_a_server_that_falls_silent(first: bytes) -> None:
    with seconds(3):
        assert type(fail(hanging(first), read_timeout=0.2)) is ErpUnavailable


def test_a_slow_drip_ends_by_the_deadline() -> None:
    with seconds(1.5):
        error = fail(dripping(head("200 OK", {"Content-Length": "50"}), b"[" * 50, 0.05), day_deadline=0.5)
    assert str(error) == "The ERP's answer took longer than 0.5 seconds (erp.day_deadline)."


def test_headers_that_drip_end_by_the_deadline() -> None:
    with seconds(1.5):
        error = fail(dripping(b"HTTP/1.1 200 OK\r\n", b"X-Slow: " + b"y" * 100, 0.05), day_deadline=0.5)
    assert str(error) == "The ERP's answer took longer than 0.5 seconds (erp.day_deadline)."


def test_silence_after_an_answer_is_not_asked_again() -> None:
    with Wire(one_by_one(says(GOOD), hanging(b""))) as wire:
        source = erp_at(wire.url, tries=3, read_timeout=0.2)
        source.fetch_day(FRIDAY)
        with pytest.raises(AnswerTooHeavy):
            source.fetch_day(FRIDAY)
        assert len(wire.asked) == 2


def test_a_pause_between_two_requests() -> None:
    with Wire(says(GOOD)) as wire:
        source = erp_at(wire.url, pause=0.3)
        with seconds(0.25):
            source.fetch_day(FRIDAY)
        started = time.monotonic()
        source.fetch_day(FRIDAY)
        assert 0.2 < time.monotonic() - started < 0.6


def test_a_slow_stream_ends_by_the_deadline() -> None:
    def stream(connection: socket.socket) -> None:
        connection.sendall(head("200 OK", {"Connection": "close"}))
        for _ in range(200):
            connection.sendall(b" " * 70_000)
            time.sleep(0.02)

    with seconds(3):
        error = fail(stream, day_deadline=0.3)
    assert str(error) == "The ERP's answer took longer than 0.3 seconds (erp.day_deadline)."


def test_a_too_long_answer() -> None:
    error = fail(says(answer(b" " * (1 << 20) + ROWS)), max_answer_mib=1)
    assert str(error) == "The ERP's answer is longer than 1 MiB (erp.max_answer_mib)."
    assert type(error) is AnswerTooHeavy


def test_an_answer_without_an_end() -> None:
    def pour(connection: socket.socket) -> None:
        connection.sendall(head("200 OK", {"Connection": "close"}))
        while True:
            connection.sendall(b" " * 65_536)

    assert str(fail(pour, max_answer_mib=1)) == "The ERP's answer is longer than 1 MiB (erp.max_answer_mib)."


def test_a_gzip_bomb() -> None:
    bomb = gzip.compress(b" " * (200 << 20))
    with seconds(3):
        error = fail(says(answer(bomb, headers={"Content-Encoding": "gzip"})), max_answer_mib=1)
    assert str(error) == "The ERP's answer is longer than 1 MiB (erp.max_answer_mib)."


def test_a_long_answer_within_the_limit() -> None:
    with Wire(says(answer(ROWS + b" " * ((1 << 20) - len(ROWS))))) as wire:
        assert len(erp_at(wire.url, max_answer_mib=1).fetch_day(FRIDAY).lines) == 3


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Wire(says(GOOD)) as wire:
        erp_at(wire.url).fetch_day(FRIDAY)
        assert wire.asked[0][0] == "POST /hs/rfm HTTP/1.1"


def test_netrc_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Wire(says(GOOD)) as wire:
        erp_at(wire.url).fetch_day(FRIDAY)
        assert wire.asked[0][1]["Authorization"] == TOKEN.encode()


CANARY = "canary-7f3a/Ключ+9="
CANARY_FORMS = [CANARY, quote(CANARY), quote(CANARY, safe=""), CANARY.encode().decode("latin-1"),
                base64.b64encode(CANARY.encode()).decode(), repr(CANARY.encode())[2:-1], "canary-7f3a"]  # fmt: skip


@pytest.mark.parametrize("auth", ["raw", "bearer", "basic"])
@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(says(GOOD), id="a good answer"),
        pytest.param(says(answer(b"", "401 No")), id="refused"),
        pytest.param(says(answer(b"", "302 Moved", {"Location": "http://127.0.0.1:9/"})), id="redirect"),
        pytest.param(says(answer(b"", "503 Later")), id="later"),
        pytest.param(says(answer(b"<html>")), id="a page"),
        pytest.param(says(b""), id="closed"),
        pytest.param(says(GOOD[:-1]), id="short"),
        pytest.param(hanging(b""), id="silent"),
    ],
)
def test_the_token_never_leaves(talk: Talk, auth: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Wire(talk) as wire:
        source = erp_at(wire.url, token=CANARY, auth=auth, read_timeout=0.1, tries=2)
        told = [
            repr(source),
            str(source.settings),
            repr(source.reader),
            repr(vars(source.caller)),
            source.settings.model_dump_json(),
        ]
        try:
            source.fetch_day(FRIDAY)
        except RfmError as error:
            logging.getLogger("test").exception("The day failed.")
            told += [str(error), repr(error), "".join(traceback.format_exception(error)), repr(pickle.dumps(error))]
    told += [caplog.text, *(repr(vars(record)) for record in caplog.records)]
    assert [form for form in CANARY_FORMS for text in told if form in text] == []


def test_a_password_in_the_address_never_leaves() -> None:
    with pytest.raises(ErpUnavailable) as caught:
        erp_at("http://user:canary@127.0.0.1:9/hs/rfm?key=canary").fetch_day(FRIDAY)
    assert str(caught.value) == "No connection to the ERP at 127.0.0.1:9. Is 1C's web server running?"


def test_tries_are_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    fail(says(answer(b"", "503 Later")), tries=3)
    assert [record.message for record in caplog.records if record.name.startswith("rfm_service")] == [
        "The ERP answered 503; trying again later. Try 1, waiting 0 s.",
        "The ERP answered 503; trying again later. Try 2, waiting 0 s.",
    ]


def test_pauses_grow(caplog: pytest.LogCaptureFixture) -> None:
    started = time.monotonic()
    fail(says(answer(b"", "503 Later")), tries=3, retry_pause=0.1)
    assert 0.5 <= time.monotonic() - started < 1.5
