"""What a person sees and does when the service does not believe the ERP, or cannot read it."""

import os
import re
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta

import pytest

from rfm_service.clock import SystemClock, date_of
from rfm_service.demo.book import Book
from rfm_service.demo.faults import FAULTS, always
from rfm_service.demo.server import ErpServer
from rfm_service.demo.shop import make_shop
from rfm_service.errors import ErpClosed
from rfm_service.home import Home
from rfm_service.night import conduct
from rfm_service.service import alone
from rfm_service.store import journal
from rfm_service.store.connection import opened
from rfm_service.workers import finish
from tests.commands.program import run, start
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
    assert "Held days: -" in run(emptied, "accept", "10.11.2026")[2]
    told = run(emptied, "status")[1]
    assert "held" not in told
    assert f"! Days to be read again: {DATE}" in told
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
        return [text for (text,) in store.execute("SELECT message ->> 'text' FROM outbox ORDER BY message_id")]

    with ErpServer(book, TOKEN, plan=always(FAULTS["maintenance"])) as closed, opened(home.database) as store:
        for _ in range(2):
            with pytest.raises(ErpClosed):
                finish(conduct(settings(closed.url), store, REFERENCE_DAY, SystemClock(), lambda *_: None))
        tried = journal.latest_run_of(store, REFERENCE_DAY)
        assert tried
        waits = datetime.fromisoformat(tried.retry_at) - datetime.fromisoformat(tried.ended_at)
        assert waits == timedelta(minutes=10)
        assert [text.split(" ")[0] for text in messages()] == ["🔧"]

        finish(conduct(settings(own_erp.url), store, REFERENCE_DAY, SystemClock(), lambda *_: None))
        assert [text.split(" ")[0] for text in messages()] == ["🔧", "✅"]


def test_a_damaged_file_of_the_report_is_never_published(home: Home, book: Book, own_erp: ErpServer) -> None:
    """As a power cut leaves it, when the journal was written and the file was not."""
    process = start(home, "once", "--date", "2026-11-20")
    workbook = home.spool("2026-11-20-1") / "RFM.xlsx"
    until_done(home, "check_totals")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    workbook.write_bytes(b"")

    code, _, errors = run(home, "once", "--date", "2026-11-20")

    assert code == 1
    assert errors == "RFM.xlsx is not what was written: a power cut? The report is made anew.\n"
    assert not list((home.path / "reports").rglob("*.xlsx"))
    assert run(home, "once", "--date", "2026-11-20")[0] == 0
    assert len(list((home.path / "reports").rglob("RFM.xlsx"))) == 2


def until_done(home: Home, step: str) -> None:
    """Wait until the journal has the receipt of a step of the first night."""
    end = time.monotonic() + 60
    while True:
        assert time.monotonic() < end
        if home.database.exists():
            with closing(sqlite3.connect(home.database)) as store, suppress(sqlite3.OperationalError):
                if store.execute("SELECT 1 FROM step WHERE step = ? AND state = 'done'", (step,)).fetchone():
                    return
        time.sleep(0.02)


def test_a_broken_file_is_named_and_so_is_the_way_out(home: Home, book: Book, own_erp: ErpServer) -> None:
    assert run(home, *BACKFILL)[0] == 0
    content = bytearray(home.database.read_bytes())
    content[8192:40960] = os.urandom(32768)
    home.database.write_bytes(content)
    code, output, _ = run(home, "verify")
    assert code == 1
    assert output.splitlines()[-2:] == [
        "Run `once`: it sets the database aside, restores the newest sound backup, and reads what is missing.",
        "The store cannot be trusted as it is.",
    ]
    code, _, errors = run(home, *BACKFILL)
    assert (code, errors.count("\n")) == (1, 1)
    assert errors.startswith(f"{home.database} is not a sound database")


def test_verify_does_not_compare_under_other_rules_and_mends(home: Home, book: Book, own_erp: ErpServer) -> None:
    assert run(home, *BACKFILL)[0] == 0
    code, output, _ = run(home, "verify", RFM_CLEANING__GIFT_BELOW="30")
    assert code == 0
    assert "Days cleaned under other rules: 10; the next night judges them again." in output
    with opened(home.database) as store:
        store.execute("DELETE FROM orders")
    assert run(home, "verify")[0] == 1
    assert run(home, "verify", "--mend")[0] == 0
    assert run(home, "verify")[0] == 0


@pytest.mark.parametrize("folder", ["db", "logs"])
def test_a_file_where_a_folder_should_be(home: Home, folder: str) -> None:
    shutil.rmtree(home.path / folder, ignore_errors=True)
    (home.path / folder).touch()
    code, _, errors = run(home, "once", "--date", "2026-11-20")
    assert code == 1
    assert str(home.path / folder) in errors
    assert "Traceback" not in errors


def test_the_played_erp_misbehaves_on_request(home: Home) -> None:
    code, _, errors = run(home, "simulate-erp", "--fault", "rain")
    assert code == 2
    assert "html_page" in errors
    process = start(home, "simulate-erp", "--port", "0", "--fault", "html_page", "--rate", "1", "--token", TOKEN)
    try:
        assert process.stdout
        url = re.search(r"http://\S+/hs/rfm", process.stdout.readline())
        assert url
        code, _, errors = run(home, *BACKFILL, RFM_ERP__URL=url[0])
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    assert code == 1
    assert "The ERP answered a web page instead of data" in errors
