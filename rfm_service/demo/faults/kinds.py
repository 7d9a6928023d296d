"""What is known of a fault: where it can be played, and what a client may make of it."""

from dataclasses import dataclass
from enum import Enum, auto

from rfm_service.demo.protocol import HS, ODATA, Answer, Fault, Usual

BOTH = frozenset({HS, ODATA})
ONLY_HS = frozenset({HS})
ONLY_ODATA = frozenset({ODATA})


class Harm(Enum):
    """What an answer with a fault still says of the day."""

    NONE = auto()
    """The same as without the fault: harmless."""
    SOME_ROWS = auto()
    """Some rows are spoilt, the others hold."""
    UNSEEN = auto()
    """Rows are missing, but nothing in the answer tells so: only other knowledge of the day does."""
    FATAL = auto()
    """Nothing: it must never be taken for a day."""


@dataclass(frozen=True)
class FaultKind:
    """A fault, to be played like any other."""

    play: Fault
    harm: Harm = Harm.FATAL
    protocols: frozenset[str] = BOTH

    def __call__(self, usual: Usual) -> Answer:
        """The spoilt answer. Raises HangUp."""
        return self.play(usual)
