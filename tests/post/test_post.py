"""Letters out and in, over a Bot API that has its moods."""

import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from rfm_service.clock import SystemClock
from rfm_service.post.hearing import hear
from rfm_service.post.sending import send_due
from rfm_service.receipts import HeardReceipt, SentReceipt
from rfm_service.records import Lane, Message
from rfm_service.settings import Settings, Telegram
from rfm_service.store import inbox, outbox
from rfm_service.store.connection import opened, transaction
from tests.fakes.bot_api import BotApi
from tests.store.builders import MOMENT

TOKEN, ADMIN, DEAF, STRANGER = "123456:token-of-the-tests", 1001, 1002, 2002


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rfm_service.post.sending.PAUSE_SECONDS", 0)
    monkeypatch.setattr("rfm_service.post.hearing.POLL_SECONDS", 1)


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi(TOKEN, chats={ADMIN}) as api:
        yield api


@pytest.fixture
def settings(api: BotApi) -> Settings:
    bot = Telegram(
        token=SecretStr(TOKEN), chat_ids=[ADMIN, DEAF], admins=[ADMIN], api_url=api.url, timeout=2, send_report=False
    )
    return Settings.model_construct(language="en", telegram=bot)


@pytest.fixture
def store() -> Iterator[sqlite3.Connection]:
    with opened(Path(":memory:")) as store:
        yield store


def tell(store: sqlite3.Connection, *texts: str, address: str = f"telegram:{ADMIN}") -> None:
    with transaction(store):
        for text in texts:
            outbox.add_message(store, [address], Message(text, lane=Lane.ALERT), MOMENT)


def test_an_ambiguous_answer_makes_one_message_come_twice_and_none_get_lost(
    api: BotApi, settings: Settings, store: sqlite3.Connection
) -> None:
    tell(store, "one", "two", "three")
    api.faults.append("taken")  # it was kept, and nobody said so
    assert send_due(store, settings, "telegram", MOMENT) == SentReceipt(sent=0, refused=0, postponed=3)
    assert send_due(store, settings, "telegram", MOMENT + timedelta(seconds=59)) == SentReceipt(0, 0, 0)
    assert send_due(store, settings, "telegram", MOMENT + timedelta(seconds=60)) == SentReceipt(3, 0, 0)
    assert Counter(text for _, text in api.messages) == {"one": 2, "two": 1, "three": 1}


def test_a_chat_that_is_dead_holds_up_no_other(api: BotApi, settings: Settings, store: sqlite3.Connection) -> None:
    tell(store, "to nobody", address=f"telegram:{DEAF}")
    tell(store, "one")
    assert send_due(store, settings, "telegram", MOMENT) == SentReceipt(1, 0, 1)
    assert api.messages == [(ADMIN, "one")]


def test_an_answer_does_not_wait_until_a_month_of_alerts_was_sent(
    api: BotApi, settings: Settings, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rfm_service.post.sending.ROUND_SECONDS", 0.5)
    tell(store, "one", "two", "three")
    api.thinks = 1
    assert send_due(store, settings, "telegram", MOMENT) == SentReceipt(sent=1, refused=0, postponed=2)
    with transaction(store):
        outbox.add_message(store, [f"telegram:{ADMIN}"], Message("an answer", lane=Lane.ANSWER), MOMENT)
    assert send_due(store, settings, "telegram", MOMENT) == SentReceipt(sent=1, refused=0, postponed=2)
    assert [text for _, text in api.messages] == ["one", "an answer"]


def test_a_message_that_is_bad_holds_up_no_other(api: BotApi, settings: Settings, store: sqlite3.Connection) -> None:
    tell(store, "bad", "good")
    api.faults.append("413")
    assert send_due(store, settings, "telegram", MOMENT) == SentReceipt(1, 1, 0)
    assert api.messages == [(ADMIN, "good")]


def test_nothing_is_sent_while_telegram_asks_to_wait(
    api: BotApi, settings: Settings, store: sqlite3.Connection
) -> None:
    tell(store, "one", "two")
    api.faults.append("429_absurd")
    send_due(store, settings, "telegram", MOMENT)
    assert send_due(store, settings, "telegram", MOMENT + timedelta(minutes=59)) == SentReceipt(0, 0, 0)
    assert len(api.raw) == 1
    assert send_due(store, settings, "telegram", MOMENT + timedelta(minutes=60)) == SentReceipt(2, 0, 0)


def test_thirty_days_without_telegram(api: BotApi, settings: Settings, store: sqlite3.Connection) -> None:
    moment = MOMENT
    for day in range(30):
        tell(store, f"day {day}")
        api.faults.append("502")
        moment = MOMENT + timedelta(days=day)
        send_due(store, settings, "telegram", moment)
    api.faults.clear()
    send_due(store, settings, "telegram", moment + timedelta(days=1))
    assert [text for _, text in api.messages] == [f"day {day}" for day in range(30)]


def test_how_often_it_was_said_is_told(api: BotApi, settings: Settings, store: sqlite3.Connection) -> None:
    with transaction(store):
        for number in range(14):
            message = Message(f"trouble {number}", lane=Lane.ALERT, topic="trouble")
            outbox.add_message(store, [f"telegram:{ADMIN}"], message, MOMENT)
    send_due(store, settings, "telegram", MOMENT)
    assert api.messages == [(ADMIN, "trouble 13\n\n(said 14 times since the last message)")]


def test_what_is_heard_in_spite_of_everything(api: BotApi, settings: Settings, store: sqlite3.Connection) -> None:
    api.faults.extend(["502", "empty_object"])
    api.says(STRANGER, "/run")
    api.says(ADMIN, "/status")
    api.presses(ADMIN, "accept 2026-11-01")
    api.says(ADMIN, "/run", chat={"id": -7, "type": "group"})
    assert hear(store, settings.telegram, SystemClock(), 7) == HeardReceipt(commands=2, strangers=2)
    assert [command.text or command.data for command in inbox.waiting_commands(store)] == [
        "/status",
        "accept 2026-11-01",
    ]
    assert api.presses_answered == [f"press-{ADMIN}"]
    assert api.messages == []


def test_what_was_heard_is_forgotten_by_telegram_only_after_it_was_recorded(
    api: BotApi, settings: Settings, store: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between hearing and recording: the next one hears it again."""
    api.says(ADMIN, "/status")

    def die(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(inbox, "add_updates", die)
        hear(store, settings.telegram, SystemClock(), 1)
    hear(store, settings.telegram, SystemClock(), 1)
    assert [command.text for command in inbox.waiting_commands(store)] == ["/status"]


def test_hearing_ends_in_its_time_however_long_telegram_asks_to_wait(
    api: BotApi, settings: Settings, store: sqlite3.Connection
) -> None:
    api.faults.append("429_absurd")
    begun = time.monotonic()
    hear(store, settings.telegram, SystemClock(), 2)
    assert time.monotonic() - begun < 20
