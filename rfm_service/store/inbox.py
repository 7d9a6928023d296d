"""What people wrote to the bot: recorded before anything is done about it, so that each command is obeyed once."""

import sqlite3
from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from rfm_service.clock import stamp
from rfm_service.records import Update
from rfm_service.store.connection import transaction

IDS_GROW_FOR = timedelta(days=1)
LONGEST = 200
KEPT = 1000


class Command(NamedTuple):
    """What an admin wants. `data` is of a button that was pressed; `sent_at` is Unix seconds."""

    update_id: int
    user_id: int
    chat_id: int
    text: str
    data: str
    sent_at: int


def next_offset(store: sqlite3.Connection, moment: datetime) -> int:
    """Where to go on. After a quiet time Telegram may begin its numbers anew, so then: wherever it wants."""
    newest, received_at = store.execute(
        "SELECT max(update_id), max(received_at) FROM inbox WHERE received_at BETWEEN ? AND ?",
        (stamp(moment - IDS_GROW_FOR), stamp(moment + IDS_GROW_FOR)),  # later: by a clock that ran ahead
    ).fetchone()
    return newest + 1 if received_at else 0


def add_updates(store: sqlite3.Connection, updates: Iterable[Update], admins: Container[int], moment: datetime) -> int:
    """Record them, each once. What is not a private word of an admin is not kept, and not obeyed. How many are."""
    with transaction(store):
        before = _waiting(store)
        store.executemany(
            "INSERT OR IGNORE INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [_row(update, admins, moment) for update in updates],
        )
        store.execute(
            "DELETE FROM inbox WHERE state <> 'waiting' AND update_id NOT IN"
            " (SELECT update_id FROM inbox ORDER BY received_at DESC, update_id DESC LIMIT ?)",
            (KEPT,),
        )
        return _waiting(store) - before


def waiting_commands(store: sqlite3.Connection) -> list[Command]:
    """What has not been obeyed, oldest first."""
    rows = store.execute(
        "SELECT update_id, user_id, chat_id, text, data, sent_at FROM inbox WHERE state = 'waiting' ORDER BY update_id"
    )
    return [Command(*row) for row in rows]


def command_obeyed(store: sqlite3.Connection, command: Command) -> None:
    """Never again. Inside the transaction of its effect."""
    store.execute("UPDATE inbox SET state = 'done' WHERE update_id = ?", (command.update_id,))


def _row(update: Update, admins: Container[int], moment: datetime) -> tuple[int | str, ...]:
    heard = update.private and update.user_id in admins and bool(update.text or update.data)
    text, data = (update.text, update.data) if heard else ("", "")
    return (
        update.update_id,
        update.user_id,
        update.chat_id,
        text[:LONGEST],
        data[:LONGEST],
        update.sent_at or int(moment.timestamp()),
        stamp(moment),
        "waiting" if heard else "ignored",
    )


def _waiting(store: sqlite3.Connection) -> int:
    return int(store.execute("SELECT count(*) FROM inbox WHERE state = 'waiting'").fetchone()[0])
