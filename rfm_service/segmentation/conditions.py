"""Conditions of rules: what of a customer is compared, how, and with which number."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

Values = Mapping[str, int]
"""Measures and scores of one customer by name, in stored units."""

AXES = ("recency", "frequency", "monetary")
"""What can be scored."""

MEASURES = {"recency": 1, "frequency": 1, "monetary": 100, "order_interval": 1, "two_month_sum": 100}
"""What a rule may compare, and how many stored units (days, orders, kopecks) make one unit of the file."""

SCORES = {f"{axis}_score": 1 for axis in AXES} | {"fm_score": 2}
"""What a rule may compare where customers are scored. fm_score, the mean of two scores, is stored as their sum."""

CONDITION = re.compile(r"([a-z_]+) (<|<=|>|>=) (\d{1,12}(?:\.\d{1,2})?)")


class Condition(NamedTuple):
    """`name` is a measure or a score, `number` is in its stored unit."""

    name: str
    sign: str
    number: int

    @property
    def border(self) -> int:
        """The smallest value on the border's far side: the answer changes between it and the one before."""
        return self.number + (self.sign in {"<=", ">"})

    def holds(self, value: int) -> bool:
        """Whether a measure or score fulfils it."""
        return (value < self.border) == self.sign.startswith("<")


def condition_of(text: str, names: Mapping[str, int]) -> Condition | None:
    """The condition that is written so, of these names with their stored units; None where it cannot be read."""
    found = CONDITION.fullmatch(text)
    if not found or found[1] not in names:
        return None
    number = Fraction(found[3]) * names[found[1]]
    return Condition(found[1], found[2], int(number)) if number.denominator == 1 else None
