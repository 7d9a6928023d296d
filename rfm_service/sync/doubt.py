"""When an answer is too small to be believed."""

from collections.abc import Iterable
from typing import NamedTuple

FEW_LINES = 20
TOO_MUCH = 0.3


class Size(NamedTuple):
    """How much there is of a day, or of several. `amount` is kopecks."""

    lines: int
    amount: int

    def less(self, part: "Size") -> "Size":
        """What is left without a part."""
        return Size(self.lines - part.lines, self.amount - part.amount)


def total(sizes: Iterable[Size]) -> Size:
    """All of them together."""
    lines, amounts = zip(*sizes, strict=True) if (sizes := list(sizes)) else ((), ())
    return Size(sum(lines), sum(amounts))


def is_smaller(before: Size, after: Size) -> bool:
    """Whether lines or money are missing."""
    return after.lines < before.lines or after.amount < before.amount


def shrank(before: Size, after: Size) -> bool:
    """Whether so much is missing that it looks like a fault: everything, or over 30 % of more than 20 lines."""
    if before.lines and not after.lines:
        return True
    left = 1 - TOO_MUCH
    return before.lines > FEW_LINES and (after.lines < left * before.lines or after.amount < left * before.amount)
