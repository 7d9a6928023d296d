"""The only place that knows the time.

A day is an integer: days since 1970-01-01 in the ERP's own time zone. A month is an integer too: year * 12 + month - 1.
"""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

EPOCH = date(1970, 1, 1).toordinal()


def day_of(value: date) -> int:
    """The day number of a date (of a datetime: of its own calendar date)."""
    return value.toordinal() - EPOCH


def date_of(day: int) -> date:
    """The date of a day number."""
    return date.fromordinal(day + EPOCH)


def month_of(day: int) -> int:
    """The month number of a day: year * 12 + month - 1."""
    value = date_of(day)
    return value.year * 12 + value.month - 1


def first_day_of_month(month: int) -> date:
    """The first date of a month number."""
    return date(month // 12, month % 12 + 1, 1)


@dataclass(frozen=True)
class Horizon:
    """The window that RFM looks at: the `length` days before the reference day, which itself is outside."""

    reference_day: int
    length: int

    @property
    def first(self) -> int:
        """The oldest day inside."""
        return self.reference_day - self.length

    @property
    def last(self) -> int:
        """The newest day inside: the day before the reference day."""
        return self.reference_day - 1

    @property
    def at_end_of_month(self) -> "Horizon":
        """The window of the last closed month's end."""
        return Horizon(day_of(first_day_of_month(month_of(self.reference_day))), self.length)

    @property
    def days(self) -> range:
        """Every day inside, oldest first."""
        return range(self.first, self.reference_day)


class Clock(Protocol):
    """What the service may ask about time."""

    def now(self) -> datetime:
        """This instant, in UTC."""

    def monotonic(self) -> float:
        """Seconds that only ever grow: for waiting and measuring."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """This instant, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed point."""
        return time.monotonic()


def today(clock: Clock, zone: ZoneInfo) -> int:
    """The ERP's current day."""
    return day_of(clock.now().astimezone(zone))


def growing_pause(tries: int) -> timedelta:
    """How long to wait after so many failed tries before the last one: 1 minute, 2, 4 … 60."""
    return timedelta(minutes=min(2 ** min(tries, 10), 60))


def moment_of(text: str) -> datetime:
    """The moment that `stamp` wrote."""
    return datetime.fromisoformat(text)


def stamp(moment: datetime) -> str:
    """A moment as the store and the logs write it: UTC, to the second, `2026-11-20T02:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
