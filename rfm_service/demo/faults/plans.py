"""When a server misbehaves."""

from collections.abc import Callable, Mapping
from random import Random

from rfm_service.demo.faults.kinds import FaultKind
from rfm_service.demo.faults.table import FAULTS
from rfm_service.demo.protocol import Fault, Plan, Request


def flawless(_number: int, _request: Request) -> None:
    """The plan of a server that never misbehaves."""


def always(fault: Fault) -> Plan:
    """The plan of a server that always misbehaves so."""
    return lambda _number, _request: fault


def in_turn(*faults: Fault | None) -> Plan:
    """A plan for the first requests, one by one; None and all later requests are answered as usual."""
    return lambda number, _request: faults[number] if number < len(faults) else None


def seeded(seed: int, rate: float, faults: Mapping[str, FaultKind] = FAULTS) -> Plan:
    """A plan that plays these faults at random, the same with every equal seed. `rate` is the share of answers."""

    def chosen(number: int, request: Request) -> Fault | None:
        rng = Random(f"{seed} {number}")
        possible = [fault for fault in faults.values() if request.protocol in fault.protocols]
        return rng.choice(possible) if possible and rng.random() < rate else None

    return chosen


def on_page(page: int, fault: Fault) -> Plan:
    """A plan that spoils one page of every entity; the first is 0."""
    return lambda _number, request: fault if request.top and request.skip == page * request.top else None


def once_between_pages(edit: Callable[[], object]) -> Plan:
    """A plan that spoils nothing, but edits the book before the first page that is not the first of its entity."""
    waiting = [edit]

    def drifting(_number: int, request: Request) -> None:
        if request.skip and waiting:
            waiting.pop()()

    return drifting
