"""Ways in which a 1C server misbehaves, by name, and plans of when it does.

A fault gets the usual answer as a function: it may call it and change what comes, or answer without it.
"""

from rfm_service.demo.faults.kinds import FaultKind, Harm
from rfm_service.demo.faults.paging import poison
from rfm_service.demo.faults.plans import always, flawless, in_turn, on_page, once_between_pages, seeded
from rfm_service.demo.faults.table import FAULTS
from rfm_service.demo.faults.transport import drip, gzip_bomb, hang, slow

__all__ = [
    "FAULTS",
    "FaultKind",
    "Harm",
    "always",
    "drip",
    "flawless",
    "gzip_bomb",
    "hang",
    "in_turn",
    "on_page",
    "once_between_pages",
    "poison",
    "seeded",
    "slow",
]
