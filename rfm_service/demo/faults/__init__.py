"""Ways in which a 1C server misbehaves, by name, and plans of when it does.

A fault gets the usual answer as a function: it may call it and change what comes, or answer without it.
"""

from rfm_service.demo.faults.kinds import FaultKind, Harm
from rfm_service.demo.faults.lies import LIES
from rfm_service.demo.faults.paging import PAGING
from rfm_service.demo.faults.plans import always, flawless, in_turn, on_page, once_between_pages, seeded_with
from rfm_service.demo.faults.statuses import STATUSES
from rfm_service.demo.faults.transport import TRANSPORT, slow
from rfm_service.demo.faults.values import VALUES
from rfm_service.demo.protocol import Plan

__all__ = [
    "FAULTS",
    "FaultKind",
    "Harm",
    "always",
    "flawless",
    "in_turn",
    "on_page",
    "once_between_pages",
    "seeded",
    "slow",
]

FAULTS: dict[str, FaultKind] = TRANSPORT | STATUSES | LIES | VALUES | PAGING


def seeded(seed: int, rate: float) -> Plan:
    """A plan that plays any of the faults at random, the same with every equal seed. `rate` is the share of answers."""
    return seeded_with(FAULTS, seed, rate)
