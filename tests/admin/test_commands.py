"""What an admin asks for, and what comes of it."""

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rfm_service.admin import obey_due
from rfm_service.admin.answers import COMMANDS
from rfm_service.clock import date_of
from rfm_service.errors import StoreDamaged
from rfm_service.home import Home
from rfm_service.kinds import Verdict
from rfm_service.locales import Language
from rfm_service.receipts import ClassifyReceipt, ListsReceipt, SegmentFigure, StepReport
from rfm_service.records import Message, Refused, Update
from rfm_service.store import inbox, journal, outbox, suspects
from rfm_service.store.connection import opened, transaction
from rfm_service.store.spool import add_parcels, parcel_published, waiting_parcels
from tests.conftest import REFERENCE_DAY
from tests.store.builders import answer, write
from tests.sync.builders import HandClock

ADMIN = 1001


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def english(home: Home) -> Home:
    return Home(home.path, home.config, home.settings.model_copy(update={"language": "en"}))


@pytest.fixture
def store(home: Home) -> Iterator[sqlite3.Connection]:
    with opened(home.database) as store:
        yield store


@pytest.fixture
def ask(english: Home, store: sqlite3.Connection, clock: HandClock) -> "Ask":
    return Ask(english, store, clock)


class Ask:
    """`ask("/status")`: the bot's answers."""

    def __init__(self, home: Home, store: sqlite3.Connection, clock: HandClock) -> None:
        self.home, self.store, self.clock = home, store, clock
        self.number = 0

    def __call__(self, text: str, data: str = "", seconds_ago: float = 0) -> list[Message]:
        self.number += 1
        sent_at = int(self.clock.now().timestamp() - seconds_ago)
        update = Update(self.number, ADMIN, ADMIN, True, text, data, "", sent_at)
        inbox.add_updates(self.store, [update], {ADMIN}, self.clock.now())
        obey_due(self.home, self.store, self.clock)
        return self.said()

    def said(self) -> list[Message]:
        waiting = [
            one for one in outbox.due_messages(self.store, self.clock.now()) if one.address == f"telegram:{ADMIN}"
        ]
        for one in waiting:
            outbox.message_sent(self.store, one.message_id, self.clock.now())
        return [one.message for one in waiting]


def finish_night(
    store: sqlite3.Connection, clock: HandClock, *sizes: int, day: int = REFERENCE_DAY, **moved: Any
) -> str:
    """A finished night with these sizes of the segments A, B …, and with these fields about who moved."""
    run = journal.begin_run(store, day, "settings", clock.now())
    journal.start_steps(store, run, ["classify_customers"], clock.now())
    figures = [
        SegmentFigure(key, f"Segment {key}", size, size * 100_00) for key, size in zip("ABC", sizes, strict=False)
    ]
    receipt = ClassifyReceipt(sum(sizes), 0, 0, figures, [], [], [], "", "", **moved)
    journal.end_step(store, run, StepReport("classify_customers", 1, 1), receipt, "", died=False)
    with transaction(store):
        journal.finish_run(store, run, clock.now())
    return run


def test_help_lists_every_command_and_brings_the_menu(ask: Ask) -> None:
    (message,) = ask("/help")
    assert [row.split()[0] for row in message.text.splitlines()] == [f"/{name}" for name in COMMANDS]
    assert [label for row in message.menu for label in row] == [title for title, _ in COMMANDS.values()]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_button_and_a_command_are_one_in_both_languages(ask: Ask, name: str, language: str) -> None:
    title = Language(language).gettext(COMMANDS[name][0])
    for word in (f"/{name}@night_bot", title, title.upper()):
        answers = ask(word)
        assert answers
        assert ("/help" in answers[0].text) is (name == "help")


@pytest.mark.parametrize("text", ["hello", "/reboot", "/", "'; DROP TABLE run", "🙂", "accept", "/status status"])
def test_anything_else_gets_an_answer_and_does_nothing(ask: Ask, store: sqlite3.Connection, text: str) -> None:
    assert len(ask(text)) == 1
    assert journal.wished_night(store) is None


def test_a_night_is_asked_for_once(ask: Ask, store: sqlite3.Connection) -> None:
    assert ask("/run")[0].text == "The report for 19 Nov 2026 is begun."
    assert journal.wished_night(store) == REFERENCE_DAY
    journal.begin_run(store, REFERENCE_DAY, "settings", ask.clock.now())
    assert ask("/run")[0].text == "The report for 19 Nov 2026 is being made already."
    assert journal.wished_night(store) is None


def test_a_command_that_lay_too_long_is_not_done(ask: Ask, store: sqlite3.Connection) -> None:
    assert "too long ago" in ask("/run", seconds_ago=16 * 60)[0].text
    assert "too long ago" in ask("/run", seconds_ago=-16 * 60)[0].text
    assert journal.wished_night(store) is None
    assert "begun" in ask("/run", seconds_ago=14 * 60)[0].text


def test_status_says_what_was_and_what_waits(ask: Ask, store: sqlite3.Connection, clock: HandClock) -> None:
    assert ask("/status")[0].text.splitlines() == [
        "Sales are known up to -",
        "",
        "Messages waiting: 0; reports waiting: 0",
        "Sales lines set aside: 0",
    ]
    finish_night(store, clock, 1)
    assert "✅ 19 Nov 2026: ready since 20.11 05:00" in ask("/status")[0].text
    run = journal.begin_run(store, REFERENCE_DAY + 1, "settings", clock.now())
    with transaction(store):
        journal.fail_run(store, run, "The ERP refused our token (401).\nMore of it.", clock.now(), clock.now())
    rows = ask("/status")[0].text.splitlines()
    assert rows[1:3] == ["❌ 20 Nov 2026: failed at 20.11 05:00", "    The ERP refused our token (401)."]


def test_segments_and_how_they_changed(ask: Ask, store: sqlite3.Connection, clock: HandClock) -> None:
    assert ask("/segments")[0].text == "There is no report yet. /run makes one."
    finish_night(store, clock, 10, 20)
    assert "Segment A: 10 · " in ask("/segments")[0].text
    finish_night(store, clock, 12, 20, 1, day=REFERENCE_DAY + 1)
    rows = ask("/segments")[0].text.splitlines()
    assert rows[0] == "Customers by segment, 20 Nov 2026"
    assert [row.partition(" · ")[0] for row in rows[2:5]] == ["Segment A: 12 (+2)", "Segment B: 20", "Segment C: 1"]


def test_segments_tell_what_has_moved_the_customers(ask: Ask, store: sqlite3.Connection, clock: HandClock) -> None:
    finish_night(store, clock, 10, 20, rose=2, fell=5, causes={"bought": 2, "silent": 5})
    assert ask("/segments")[0].text.splitlines()[-3:] == [
        "Changed their segment since the last report: 2 for the better, 5 for the worse",
        "    No orders for long: 5",
        "    Bought: 2",
    ]


def test_the_report_goes_through_telegram_only_when_the_settings_say_so(
    ask: Ask, store: sqlite3.Connection, clock: HandClock
) -> None:
    spool = ask.home.spool(finish_night(store, clock, 1))
    spool.mkdir(parents=True)
    for name in ("RFM.xlsx", "Manager Maria.xlsx"):
        (spool / name).write_bytes(b"names of customers")
    journal.start_steps(store, spool.name, ["write_lists"], clock.now())
    lists = ListsReceipt({"Manager Maria.xlsx": "0f"}, {}, {})
    journal.end_step(store, spool.name, StepReport("write_lists", 1, 1), lists, "", died=False)
    with transaction(store):
        add_parcels(store, spool.name, "2026-11-20", ask.home.folders, clock.now())
    analysts, marketers = (str(Path(folder, "2026-11-20")) for folder in ask.home.folders)
    (message,) = ask("/report")
    assert message.attachment == ""
    assert message.text.startswith(f"⚠️ It is on its way to:\n{analysts}\n{marketers}\n\nIts files are not sent")
    with transaction(store):
        parcel_published(store, waiting_parcels(store)[0])
    text = ask("/report")[0].text
    assert text.startswith(f"The last report is in:\n{analysts}\n\n⚠️ It has not arrived in:\n{marketers}\n\nIts")
    assert "telegram.send_report" in text

    telegram = ask.home.settings.telegram.model_copy(update={"send_report": True})
    ask.home = Home(ask.home.path, ask.home.config, ask.home.settings.model_copy(update={"telegram": telegram}))
    assert [message.attachment for message in ask("/report")] == [str(spool / "RFM.xlsx")]
    shutil.rmtree(spool)  # a customer was erased
    assert "/run makes one" in ask("/report")[0].text


def test_a_held_day_is_accepted_by_a_button(ask: Ask, store: sqlite3.Connection, clock: HandClock) -> None:
    assert ask("/accept")[0].text == "No day waits to be accepted."
    suspects.hold(store, answer(REFERENCE_DAY - 5), clock.now())
    (message,) = ask("/accept")
    day = date_of(REFERENCE_DAY - 5).isoformat()
    made_at = int(clock.now().timestamp())
    assert [button.data for button in message.buttons] == [f"accept {day} {made_at}"]
    assert not suspects.suspects(store)[REFERENCE_DAY - 5].accepted
    for old in (f"accept {day} {made_at - 16 * 60}", f"accept {day}", f"accept {day} {'9' * 30}"):
        assert "too long ago" in ask("", data=old)[0].text  # though the press has only now come
    assert not suspects.suspects(store)[REFERENCE_DAY - 5].accepted
    assert "is accepted" in ask("", data=message.buttons[0].data)[0].text
    assert suspects.suspects(store)[REFERENCE_DAY - 5].accepted


@pytest.mark.parametrize("rest", ["2026-02-30", "yesterday", "2026-11-19; --", "9" * 170])
def test_a_day_that_is_none_is_not_accepted(ask: Ask, rest: str, clock: HandClock) -> None:
    assert ask("", data=f"accept {rest} {int(clock.now().timestamp())}")[0].text == "No day waits to be accepted."


def test_mute(ask: Ask, store: sqlite3.Connection, clock: HandClock) -> None:
    assert "No alerts before 20.11 07:00" in ask("/mute 2")[0].text
    with transaction(store):
        outbox.add_message(store, [f"telegram:{ADMIN}"], Message("news"), clock.now())
    assert ask.said() == []
    assert [message.text for message in ask("/mute 0")] == ["Alerts come again.", "news"]
    clock.pass_hours(0.01)
    assert ask("/mute 99999")[0].text.startswith("No alerts before 27.11")


def test_the_log_is_a_file(ask: Ask) -> None:
    assert ask("/log") == [Message("", attachment=str(ask.home.logs / "service.log"), lane=ask("/help")[0].lane)]


def test_a_command_that_fails_is_told_and_not_tried_again(
    ask: Ask, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("rfm_service.admin.status_of", lambda *_: 1 / 0)
    assert ask("/status")[0].text == "That did not work; the log says why."
    assert "ZeroDivisionError" in caplog.text
    assert inbox.waiting_commands(store) == []


def test_each_command_is_obeyed_once_though_it_comes_twice(ask: Ask, store: sqlite3.Connection) -> None:
    update = Update(500, ADMIN, ADMIN, True, "/run", "", "", int(ask.clock.now().timestamp()))
    for _ in range(5):
        inbox.add_updates(store, [update], {ADMIN}, ask.clock.now())
        obey_due(ask.home, store, ask.clock)
    assert len(ask.said()) == 1


def test_a_minute_later_is_not_too_late(ask: Ask) -> None:
    ask.clock.moment += timedelta(minutes=1)
    assert ask("/help", seconds_ago=60)[0].menu


def test_the_quarantine_in_the_erps_own_words(ask: Ask, store: sqlite3.Connection) -> None:
    assert ask("/quarantine")[0].text == "No sales line is set aside."
    bad = [Refused(Verdict.INCOMPLETE, "quantity", 55_00, "{}")] * 2 + [Refused(Verdict.MALFORMED, "sum", 0, "{}")]
    write(store, answer(REFERENCE_DAY, refused=bad))
    rows = ask("/quarantine")[0].text.splitlines()
    assert rows[0] == "Sales lines set aside: 3"
    assert rows[2:4] == [
        "20 Nov 2026: 2 · 110\u00a0₽ · without Количество",
        "20 Nov 2026: 1 · 0\u00a0₽ · cannot be read: Сумма",
    ]


def test_a_command_that_fails_is_answered_in_one_transaction(
    ask: Ask, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off in the middle, it is neither obeyed nor answered, and waits."""

    def break_down(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rfm_service.admin.status_of", lambda *_: 1 / 0)
    with monkeypatch.context() as cut_off, pytest.raises(KeyboardInterrupt):
        cut_off.setattr("rfm_service.admin.add_message", break_down)
        ask("/status")
    assert len(inbox.waiting_commands(store)) == 1
    obey_due(ask.home, store, ask.clock)
    assert inbox.waiting_commands(store) == []
    assert len(ask.said()) == 1


@pytest.mark.parametrize("code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL, None], ids=["corrupt", "full", "told"])
def test_a_store_out_of_order_is_no_failed_command(
    ask: Ask, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, code: int | None
) -> None:
    trouble: Exception = StoreDamaged("damaged")
    if code:
        trouble = sqlite3.DatabaseError("damaged")
        trouble.sqlite_errorcode = code

    def fail(*_: object) -> None:
        raise trouble

    monkeypatch.setattr("rfm_service.admin.status_of", fail)
    with pytest.raises(type(trouble)):
        ask("/status")
    assert len(inbox.waiting_commands(store)) == 1
    assert ask.said() == []
