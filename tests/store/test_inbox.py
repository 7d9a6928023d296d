"""What people wrote: each once, and of strangers nothing."""

import sqlite3
from datetime import timedelta

import pytest

from rfm_service.records import Update
from rfm_service.store import inbox
from rfm_service.store.connection import transaction

from .builders import MOMENT

ADMIN, STRANGER = 1001, 2002
WORD = Update(7, ADMIN, ADMIN, private=True, text="/status", data="", callback_id="", sent_at=1_790_000_000)


def hear(store: sqlite3.Connection, *updates: Update) -> int:
    return inbox.add_updates(store, updates, {ADMIN}, MOMENT)


def waiting(store: sqlite3.Connection) -> list[str]:
    return [command.text for command in inbox.waiting_commands(store)]


def test_a_word_waits_until_it_is_obeyed_and_comes_once(store: sqlite3.Connection) -> None:
    assert hear(store, WORD, WORD) == 1
    (command,) = inbox.waiting_commands(store)
    assert command == inbox.Command(7, ADMIN, ADMIN, "/status", "", 1_790_000_000)
    with transaction(store):
        inbox.command_obeyed(store, command)
    assert hear(store, WORD) == 0
    assert waiting(store) == []


@pytest.mark.parametrize(
    "odd",
    [WORD._replace(user_id=STRANGER), WORD._replace(private=False), WORD._replace(text="")],
    ids=["a stranger's", "not private", "empty"],
)
def test_other_words_are_not_kept_but_are_behind_us(store: sqlite3.Connection, odd: Update) -> None:
    assert hear(store, odd) == 0
    assert waiting(store) == []
    assert store.execute("SELECT text, state FROM inbox").fetchall() == [("", "ignored")]
    assert inbox.next_offset(store, MOMENT) == 8


def test_a_press_that_has_no_date_was_now(store: sqlite3.Connection) -> None:
    hear(store, WORD._replace(text="", data="accept 2026-11-01", sent_at=0))
    assert inbox.waiting_commands(store)[0].sent_at == int(MOMENT.timestamp())


def test_a_long_word_is_cut(store: sqlite3.Connection) -> None:
    hear(store, WORD._replace(text="я" * 5_000_000))
    assert len(waiting(store)[0]) == 200


def test_where_to_go_on(store: sqlite3.Connection) -> None:
    assert inbox.next_offset(store, MOMENT) == 0
    hear(store, WORD, WORD._replace(update_id=9), WORD._replace(update_id=8))
    assert inbox.next_offset(store, MOMENT + timedelta(hours=23)) == 10
    assert inbox.next_offset(store, MOMENT + timedelta(hours=25)) == 0  # Telegram may have begun its numbers anew


def test_old_words_are_forgotten(store: sqlite3.Connection) -> None:
    hear(store, *(WORD._replace(update_id=number, user_id=STRANGER) for number in range(1, 3001)), WORD)
    hear(store, WORD._replace(update_id=5000, user_id=STRANGER))
    assert store.execute("SELECT count(*) FROM inbox").fetchone()[0] <= 1001
    assert inbox.next_offset(store, MOMENT) == 5001


def test_what_was_heard_under_a_clock_ahead_holds_back_no_number(store: sqlite3.Connection) -> None:
    inbox.add_updates(store, [WORD._replace(update_id=900)], {ADMIN}, MOMENT + timedelta(days=400))
    assert inbox.next_offset(store, MOMENT) == 0
    hear(store, WORD)
    assert inbox.next_offset(store, MOMENT) == 8
