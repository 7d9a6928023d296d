"""How customers buy: five sizes, the courses their lives take, and the days on which the shop is open."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from rfm_service.clock import date_of


class Size(NamedTuple):
    """A kind of customer. `gap`: mean days between orders; `basket`: kopecks an order; `discount`: per cent."""

    category: str
    gap: float
    basket: int
    lines: int
    taste: int
    discount: int


RETAIL = Size("Розница", gap=55, basket=260_000, lines=2, taste=12, discount=0)
SMALL = Size("Мелкий опт", gap=15, basket=1_150_000, lines=6, taste=20, discount=3)
WHOLESALE = Size("Опт", gap=13, basket=3_000_000, lines=10, taste=30, discount=5)
LARGE = Size("Крупный опт", gap=10, basket=5_500_000, lines=17, taste=45, discount=8)
WHALE = Size("Ключевой клиент", gap=8, basket=12_000_000, lines=26, taste=60, discount=12)

LETTERS = {"r": RETAIL, "s": SMALL, "w": WHOLESALE, "l": LARGE, "k": WHALE}
SIZES = tuple(LETTERS[letter] for letter in "srrwrrsrlrsrrwrrsrrksrrrsrrwrsrrlrsrrwrr")


class Life(NamedTuple):
    """When somebody is a customer, and how it goes: at the end they order `pace` times as often as at the beginning.

    During `nap`, a range of days, they order nothing.
    """

    first: int
    last: int
    pace: float = 1
    nap: range = range(0)


FATES = ("steady", "new", "gone", "steady", "growing", "steady", "fading", "gone", "steady", "napping", "new")

MONDAY_TO_SUNDAY = (1.0, 1.0, 0.95, 1.0, 0.9, 0.35, 0.06)
JANUARY_TO_DECEMBER = (0.7, 0.9, 1.1, 1.05, 0.95, 0.85, 0.8, 0.95, 1.1, 1.05, 1.2, 1.45)


def size_of(place: int) -> Size:
    """The size of the customer at a place in the list of customers."""
    return SIZES[place % len(SIZES)]


def life_of(place: int, first: int, last: int, rng: Random) -> Life:
    """The life of the customer at a place in the list, in a shop that is open between two days."""
    days = last - first
    match FATES[place % len(FATES)]:
        case "new":
            return Life(max(first, last - int(rng.triangular(3, 90, 60))), last)
        case "gone":
            return Life(first, last - rng.randint(46, max(46, days * 4 // 5)))
        case "napping":
            waking = last - rng.randint(10, 60)
            return Life(first, last, nap=range(waking - rng.randint(100, 200), waking))
        case "growing":
            return Life(first + rng.randint(0, days // 3), last, pace=2.5)
        case "fading":
            return Life(first, last, pace=0.35)
        case _:
            return Life(first + rng.randint(0, days // 4), last)


def order_days(life: Life, gap: float, rng: Random) -> Iterator[tuple[int, float]]:
    """The days of a customer's orders, oldest first, each with the growth of the basket since the first."""
    day = next_open_day(life.first + int(rng.random() * gap), rng)
    while day <= life.last:
        pace = life.pace ** ((day - life.first) / max(1, life.last - life.first))
        if day not in life.nap:
            yield day, pace**0.5
        rest = rng.gammavariate(3, gap / 3) / pace / JANUARY_TO_DECEMBER[date_of(day).month - 1]
        day = next_open_day(day + max(1, round(rest)), rng)


def next_open_day(day: int, rng: Random) -> int:
    """This day or the first one after it when somebody buys: seldom a Sunday, never 1 or 2 January."""
    while rng.random() >= openness(day):
        day += 1
    return day


def openness(day: int) -> float:
    """How likely a customer is to come on this day rather than to put it off, 0 to 1."""
    date = date_of(day)
    return 0 if date.month == 1 and date.day <= 2 else MONDAY_TO_SUNDAY[date.weekday()]
