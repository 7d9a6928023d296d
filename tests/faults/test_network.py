"""Every fault that 1C and the way to it are known for, at the first, a middle and the last request of a night.

No day is sealed from a bad answer; when the faults are over, the store is the book.
"""

import sqlite3
from collections import Counter
from functools import cache

import pytest

from rfm_service.demo.book import Book
from rfm_service.demo.faults import FAULTS, Harm, hang, in_turn, slow
from rfm_service.demo.protocol import Plan
from rfm_service.demo.server import ErpServer
from rfm_service.errors import RfmError
from rfm_service.store import ledger, verify
from tests.conftest import REFERENCE_DAY, TOKEN

from .rounds import PROTOCOLS, RULES, Nights, complete_shop, new_store, night, source_at
from .truth import Content, booked, days_unlike, stored

DAYS = range(REFERENCE_DAY - 5, REFERENCE_DAY)
POSITIONS = ("first", "middle", "last", "from the middle on")
QUICK = {"hang": hang(0.7), "slow": slow(0.2)}


def wire(protocol: str) -> str:
    return "hs" if protocol == "http" else "odata"


CASES = [
    (name, protocol, position)
    for name, fault in FAULTS.items()
    for protocol in PROTOCOLS
    if wire(protocol) in fault.protocols
    for position in POSITIONS
]


@cache
def shop() -> Book:
    return complete_shop(days=40, customers=60)


@cache
def requests_of_a_night(protocol: str, known: bool) -> int:
    """How many requests a night without faults takes, the first or a later one."""
    with ErpServer(shop(), TOKEN) as server, new_store() as store:
        clock = Nights()
        if known:
            night(store, source_at(server, protocol, store, clock), DAYS, clock)
        before = len(server.requests)
        night(store, source_at(server, protocol, store, clock), DAYS, clock)
        return len(server.requests) - before


def fault_at(name: str, place: int, times: int) -> Plan:
    return in_turn(*[None] * place, *[QUICK.get(name, FAULTS[name])] * times)


@pytest.mark.parametrize(("name", "protocol", "position"), CASES)
def test_no_day_is_sealed_from_a_bad_answer(name: str, protocol: str, position: str) -> None:
    """The first night meets the fault at its first request; at the others the days are known, and stay as they were."""
    harm, known = FAULTS[name].harm, position != "first" or FAULTS[name].harm is Harm.UNSEEN
    last = requests_of_a_night(protocol, known) - 1
    with new_store() as store:
        clock = Nights()
        if known:
            with ErpServer(shop(), TOKEN) as healthy:
                night(store, source_at(healthy, protocol, store, clock), DAYS, clock)
        place = {"first": 0, "last": last}.get(position, last // 2)
        plan = fault_at(name, place, 10_000 if position == "from the middle on" else 1)
        with ErpServer(shop(), TOKEN, plan=plan) as broken:
            came = night(store, source_at(broken, protocol, store, clock, patience=0.5), DAYS, clock)

        if harm is Harm.NONE:
            assert not isinstance(came, RfmError), came
        for day in sealed(store):
            assert_true(store, day, exactly=harm is not Harm.SOME_ROWS)
        if known and harm is not Harm.SOME_ROWS:
            assert days_unlike(store, shop(), days=DAYS) == []
        assert ledger.unbalanced_days(store) == []

        with ErpServer(shop(), TOKEN) as healthy:
            for _ in range(2):
                night(store, source_at(healthy, protocol, store, clock), DAYS, clock)
        assert days_unlike(store, shop(), days=DAYS) == []
        assert sealed(store) == list(DAYS)
        assert verify.wrong_orders(store, RULES.gift_below) == 0


def sealed(store: sqlite3.Connection) -> list[int]:
    return [day for day, entry in ledger.entries(store, DAYS[0], DAYS[-1]).items() if entry.sealed]


def assert_true(store: sqlite3.Connection, day: int, *, exactly: bool) -> None:
    """A sealed day is the book's; where rows were spoilt on the way, each of them is in quarantine."""
    ours, theirs = stored(store)[day], booked(shop(), day)
    if exactly:
        assert ours == theirs
    else:
        assert ours.total() == theirs.total()
        assert not figures(ours) - figures(theirs)


def figures(lines: Content) -> Counter[tuple[int, str, int, int]]:
    """Kind, number, quantity and amount: a name may have lost a letter that cp1251 does not have."""
    return Counter((line[0], line[1], *line[-2:]) for line in lines.elements() if line)
