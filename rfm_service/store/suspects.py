"""Answers that were not believed: held until the ERP says the same for long enough, or a person accepts them."""

import sqlite3
from datetime import datetime
from typing import NamedTuple

from rfm_service.clock import stamp
from rfm_service.records import DayAnswer
from rfm_service.store.connection import transaction


class Suspect(NamedTuple):
    """An answer that is held. `held_at`: when it was seen first, as the store writes moments."""

    day: int
    sha256: str
    lines: int
    amount: int
    held_at: str
    accepted: int


def suspects(store: sqlite3.Connection) -> dict[int, Suspect]:
    """What is held, by day."""
    rows = store.execute("SELECT day, sha256, lines, amount, held_at, accepted FROM suspect ORDER BY day")
    return {row[0]: Suspect(*row) for row in rows}


def waiting(store: sqlite3.Connection) -> list[Suspect]:
    """What is held and no person has accepted, by day."""
    return [one for one in suspects(store).values() if not one.accepted]


def hold(store: sqlite3.Connection, answer: DayAnswer, moment: datetime) -> None:
    """Keep in mind that this answer was seen and not believed. The day is no longer sealed; what it holds stays."""
    with transaction(store):
        store.execute("UPDATE ledger SET sealed = 0 WHERE day = ?", (answer.day,))
        store.execute(
            "INSERT OR REPLACE INTO suspect VALUES (?, ?, ?, ?, ?, 0)",
            (answer.day, answer.sha256, answer.received, answer.amount, stamp(moment)),
        )


def accept(store: sqlite3.Connection, day: int) -> bool:
    """A person says that the answer held for a day is right; False when none is. Inside the caller's transaction."""
    return bool(store.execute("UPDATE suspect SET accepted = 1 WHERE day = ?", (day,)).rowcount)
