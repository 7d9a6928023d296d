"""A source that says what it is told to, a clock that is set by hand, and a look at what the store holds."""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from rfm_service.errors import RfmError
from rfm_service.kinds import Kind
from rfm_service.records import Buyer, DayAnswer, SaleLine
from rfm_service.store import ledger
from rfm_service.store.connection import opened
from rfm_service.store.sales import read_day
from rfm_service.sync import reading
from rfm_service.sync.reading import Tally
from tests.store.builders import MOMENT, RULES, answer, document, on

MONDAY = on("2026-11-09")
SIX_HOURS = timedelta(hours=6)
IN_MEMORY = Path(":memory:")


@dataclass
class HandClock:
    """Stands still until it is moved."""

    moment: datetime = MOMENT

    def now(self) -> datetime:
        """The moment it is set to."""
        return self.moment

    def monotonic(self) -> float:
        """Seconds since MOMENT."""
        return (self.moment - MOMENT).total_seconds()

    def pass_hours(self, hours: float) -> None:
        """Time goes by."""
        self.moment += timedelta(hours=hours)


@dataclass
class Erp:
    """A source. `days` are the documents of each day; `lies` are said first, one for each question about a day."""

    days: dict[int, list[list[SaleLine]]] = field(default_factory=dict)
    lies: dict[int, list[DayAnswer | RfmError]] = field(default_factory=dict)
    totals: dict[int, int] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)

    def fetch_day(self, day: int) -> DayAnswer:
        """Every line of a day."""
        self.asked.append(day)
        told = self.lies[day].pop(0) if self.lies.get(day) else self.truth(day)
        if isinstance(told, RfmError):
            raise told
        return told

    def truth(self, day: int) -> DayAnswer:
        """What a healthy ERP says."""
        return answer(day, *self.days.get(day, []))

    def control_total(self, day: int) -> int | None:
        """The ERP's own total, where it is told one."""
        return self.totals.get(day)

    def fetch_buyers(self, first: int, last: int, keys: Collection[str]) -> list[Buyer]:
        """None."""
        return []


def bill(day: int, number: str, lines: int = 1, buyer: str = "Anna", amount: int = 100_00) -> list[SaleLine]:
    """A sale of so many lines, with a key of its own."""
    goods = [(f"product {place}", 1000, amount) for place in range(lines)]
    return document(Kind.SALE, day, *goods, buyer=buyer, order="", number=number, key=f"key {number}")


def read(store: sqlite3.Connection, erp: Erp, days: Iterable[int], clock: HandClock | None = None) -> Tally:
    """One round of reading days."""
    return reading.read_days(store, erp, RULES, list(days), clock or HandClock(), SIX_HOURS, lambda *_: None)


def held(store: sqlite3.Connection, days: Iterable[int]) -> dict[int, DayAnswer | None]:
    """What the store holds of these days."""
    return {day: read_day(store, day) for day in days}


def sealed(store: sqlite3.Connection) -> set[int]:
    """The days that are sealed."""
    known = ledger.entries(store, 0, 10**6)
    return {day for day, entry in known.items() if entry.sealed}


__all__ = ["IN_MEMORY", "MONDAY", "Erp", "HandClock", "bill", "held", "opened", "read", "sealed"]
