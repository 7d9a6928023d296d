"""Lists and calls through the night's own door, and by a real mail server."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from openpyxl import load_workbook

from rfm_service.clock import SystemClock
from rfm_service.delivery import post_due
from rfm_service.demo.book import Book
from rfm_service.home import Home
from rfm_service.night import conduct
from rfm_service.settings import Lists, Mail
from rfm_service.store.connection import opened
from rfm_service.workers import finish
from tests.conftest import REFERENCE_DAY
from tests.notify.test_mail import free_port

from .program import report
from .test_night import quiet

MANAGER_AT = "manager@shop.ru"


class Box:
    """What a mail server has taken."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.original_content or b"", policy=policy.default))
        return "250 OK"


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def server(box: Box) -> Iterator[Controller]:
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop(no_assert=True)


@pytest.fixture
def manager(shop: Book) -> str:
    """Somebody who stands on cards of the shop."""
    return min(card.manager for card in shop.buyers if card.manager)


@pytest.fixture
def writing_home(home: Home, server: Controller, manager: str) -> Home:
    """A home that writes to one manager, and to one whom no card knows."""
    mail = Mail(host="127.0.0.1", port=server.port, security="none", sender="rfm@shop.ru", recipients=["admin@shop.ru"])
    lists = Lists(managers={f" {manager.upper()} ": MANAGER_AT, "Nobody": "nobody@shop.ru"})
    return Home(home.path, home.config, home.settings.model_copy(update={"mail": mail, "lists": lists}))


def stored(home: Home, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home.database)) as store:
        return store.execute(query).fetchall()


def work(home: Home) -> None:
    with opened(home.database) as store:
        finish(conduct(home, store, REFERENCE_DAY, SystemClock(), quiet))


def post(home: Home) -> None:
    with opened(home.database) as store:
        post_due(home, store, SystemClock(), quiet)


def break_down(*_: object) -> None:
    raise ZeroDivisionError


def test_a_manager_gets_the_list_once_and_a_night_that_does_not_end_rings_nobody(
    writing_home: Home, manager: str, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = writing_home
    with monkeypatch.context() as broken:
        broken.setattr("rfm_service.night.list_mailed", break_down)
        with pytest.raises(ZeroDivisionError):
            work(home)
    for table in ("called", "mailed_list", "outbox"):
        assert stored(home, f"SELECT * FROM {table}") == []

    work(home)
    assert stored(home, "SELECT DISTINCT day FROM called") == [(REFERENCE_DAY,)]
    called = stored(home, "SELECT name FROM called JOIN customer USING (customer_id)")
    post(home)
    workbook = load_workbook(report(home) / "RFM.xlsx")
    listed = [str(row[1]) for row in workbook.worksheets[1].iter_rows(min_row=5, values_only=True)]
    assert sorted(listed) == sorted(name for (name,) in called)

    (letter,) = [one for one in box.letters if one["To"] == MANAGER_AT]
    body = letter.get_body()
    assert isinstance(body, EmailMessage)
    (attachment,) = letter.iter_attachments()
    assert attachment.get_filename() == f"Менеджер {manager}.xlsx"
    content = attachment.get_content()
    assert content == (report(home) / f"Менеджер {manager}.xlsx").read_bytes()
    sheet = load_workbook(BytesIO(content))["Клиенты"]
    assert {row[3] for row in sheet.iter_rows(min_row=2, values_only=True)} == {manager}
    assert letter["Subject"] == "Ваши клиенты на 20.11.2026"
    assert f"Всего клиентов: {sheet.max_row - 1}\n" in body.get_content().replace("\r\n", "\n")
    assert {one["To"] for one in box.letters} == {MANAGER_AT, "admin@shop.ru"}
    assert stored(home, "SELECT day FROM mailed_list") == [(REFERENCE_DAY,)]
