"""What a person sees and does when the service does not believe the ERP, or cannot read it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from rfm_service.clock import SystemClock, date_of
from rfm_service.demo.book import Book
from rfm_service.demo.faults import FAULTS, always
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.errors import ErpClosed
from rfm_service.night import conduct
from rfm_service.service import alone
from rfm_service.settings import Home
from rfm_service.store import journal
from rfm_service.store.connection import opened
from tests.commands.program import run
from tests.conftest import REFERENCE_DAY, TOKEN
from tests.faults.truth import days_unlike

DAYS = range(REFERENCE_DAY - 10, REFERENCE_DAY)
EMPTIED = REFERENCE_DAY - 3
DATE = date_of(EMPTIED).isoformat()
BACKFILL = ("backfill", "--from", date_of(DAYS[0]).isoformat(), "--to", date_of(DAYS[-1]).isoformat())


@pytest.fixture
def book() -> Book:
    """A shop to edit."""
    return make_shop(REFERENCE_DAY - 1, customers=100, days=60)


@pytest.fixture
def own_erp(book: Book, monkeypatch: pytest.MonkeyPatch) -> Iterator[ErpServer]:
    """A server of its own for the book."""
    with ErpServer(book, TOKEN) as server:
        monkeypatch.setenv("RFM_ERP__URL", server.url)
        yield server


@pytest.fixture
def emptied(home: Home, book: Book, own_erp: ErpServer) -> Home:
    """A home that knows ten days, one of which has then been emptied in the ERP."""
    assert run(home, *BACKFILL)[0] == 0
    for document in book.of_day(EMPTIED):
        book.remove(document)
    return home


def unlike(home: Home, book: Book) -> list[int]:
    with opened(home.database) as store:
        return days_unlike(store, book, days=DAYS)


def test_a_day_that_vanished_is_held_until_it_is_accepted(emptied: Home, book: Book) -> None:
    code, output, _ = run(emptied, *BACKFILL)
    assert code == 0
    assert f"{DATE} shrank too much: the old data are kept. If that is right: accept {DATE}" in output
    assert f"! Days held, see `accept`: {DATE}" in run(emptied, "status")[1]
    assert unlike(emptied, book) == [EMPTIED]

    code, output, errors = run(emptied, "accept", DATE)
    assert (code, errors) == (0, "")
    assert output.splitlines()[-1] == "Days read: 1, new or changed: 1, lines in them: 0."
    assert unlike(emptied, book) == []
    assert "held" not in run(emptied, "status")[1]


def test_a_day_is_accepted_while_the_service_is_at_work(emptied: Home, book: Book) -> None:
    run(emptied, *BACKFILL)
    with alone(emptied):
        code, output, _ = run(emptied, "accept", DATE)
    assert code == 0
    assert output.rstrip().endswith("reads it with its next night.")
    run(emptied, *BACKFILL)
    assert unlike(emptied, book) == []


def test_nothing_to_accept(emptied: Home) -> None:
    run(emptied, *BACKFILL)
    code, _, errors = run(emptied, "accept", "10.11.2026")
    assert code == 1
    assert errors == f"No answer is held for 2026-11-10. Held days: {DATE}.\n"


def test_lines_that_were_set_aside_are_shown_and_read_again(home: Home, book: Book) -> None:
    with ErpServer(book, TOKEN, plan=lambda number, _: FAULTS["bad_date"] if number == 7 else None) as odd:
        code, output, _ = run(home, *BACKFILL, RFM_ERP__URL=odd.url)
        assert code == 0
        code, output, _ = run(home, "quarantine", "list")
        assert code == 0
        assert f"{DATE}  " in output
        assert "malformed: date" in output
        assert '"31.02.2026 25:00"' in run(home, "quarantine", "show", DATE)[1]
        assert run(home, "quarantine", "list", "--to", "2026-11-01")[1] == "No line is set aside.\n"

        code, output, _ = run(home, "quarantine", "retry", RFM_ERP__URL=odd.url)
        assert code == 0
        assert unlike(home, book) == []


def test_maintenance_is_waited_for_and_told_once(
    home: Home, book: Book, own_erp: ErpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram = home.settings.telegram.model_copy(update={"chat_ids": [7], "token": home.settings.erp.token})
    erp = home.settings.erp.model_copy(update={"tries": 1})

    def settings(url: str) -> Home:
        update = {"telegram": telegram, "erp": erp.model_copy(update={"url": url})}
        return Home(home.path, home.config, home.settings.model_copy(update=update))

    def messages() -> list[str]:
        return [text for (text,) in store.execute("SELECT text FROM outbox ORDER BY message_id")]

    with ErpServer(book, TOKEN, plan=always(FAULTS["maintenance"])) as closed, opened(home.database) as store:
        for _ in range(2):
            with pytest.raises(ErpClosed):
                conduct(settings(closed.url), store, REFERENCE_DAY, SystemClock(), lambda *_: None)
        tried = journal.latest_run_of(store, REFERENCE_DAY)
        assert tried
        waits = datetime.fromisoformat(tried.retry_at) - datetime.fromisoformat(tried.ended_at)
        assert waits == timedelta(minutes=10)
        assert [text.split(" ")[0] for text in messages()] == ["🔧"]

        conduct(settings(own_erp.url), store, REFERENCE_DAY, SystemClock(), lambda *_: None)
        assert [text.split(" ")[0] for text in messages()] == ["🔧", "✅"]


def test_the_doctor_finds_nothing_wrong(home: Home, own_erp: ErpServer) -> None:
    code, output, errors = run(home, "doctor")
    assert (code, errors) == (0, "")
    assert output.endswith("Nothing is wrong.\n")


def test_the_doctor_names_the_entity_that_is_not_published(home: Home, own_erp: ErpServer) -> None:
    odata = {
        "RFM_ERP__SOURCE": "odata",
        "RFM_ERP__URL": own_erp.odata_url,
        "RFM_ERP__AUTH": "basic",
        "RFM_ERP__TOKEN": f"Админ:{TOKEN}",
        "RFM_ERP__ODATA__SITE_ID": "ИдНаСайте",
    }
    assert run(home, "doctor", **odata)[0] == 0
    code, output, _ = run(home, "doctor", RFM_ERP__ODATA__CATALOGS__PARTNERS="Catalog_Клиенты", **odata)
    assert code == 1
    assert "! Catalog_Клиенты: " in output
