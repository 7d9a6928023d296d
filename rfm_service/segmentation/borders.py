"""The rules of a scheme read as borders: where a customer stands between them, and what lies behind the next one.

Between two neighbouring borders of a measure nothing changes. So the borders cut what customers can be into boxes, and
a whole box has one segment.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from rfm_service.segmentation.schemes import CONDITION, MEASURES, Rule, Scheme

ORDERED = ("recency", "frequency", "monetary")
"""What an order changes in a way that is known before it is made."""

FARTHEST = 1 << 62
"""Beyond every measure."""

OUTSIDE = ""
"""Stands for the segment of a customer who is not inside the horizon."""


class Condition(NamedTuple):
    """A condition of a rule; `number` in stored units."""

    measure: str
    comparison: str
    number: int

    @property
    def border(self) -> int:
        """The smallest value on the border's far side: the answer changes between it and the one before."""
        return self.number + (self.comparison in {"<=", ">"})

    def holds(self, value: int) -> bool:
        """Whether a measure fulfils it."""
        return (value < self.border) == self.comparison.startswith("<")


class Cell(NamedTuple):
    """A box of measures, each `from` inside and `below` outside, and the segment that all of it has for certain.

    Where that hangs on other measures than these the segment is empty.
    """

    recency_from: int
    recency_below: int
    frequency_from: int
    frequency_below: int
    monetary_from: int
    monetary_below: int
    segment: str
    rank: int


def conditions_of(rule: Rule) -> list[Condition]:
    """The conditions of a rule."""
    parts = [text.split() for text in rule.when]
    return [Condition(measure, sign, int(number) * MEASURES[measure]) for measure, sign, number in parts]


def has_thresholds_only(scheme: Scheme) -> bool:
    """Whether all its rules compare a customer's own measures with fixed numbers."""
    return all(CONDITION.fullmatch(text) for rule in scheme.rules for text in rule.when)


def is_foreseeable(scheme: Scheme) -> bool:
    """Whether recency, frequency and monetary alone decide: then it is known what becomes of who buys nothing."""
    return has_thresholds_only(scheme) and all(
        condition.measure in ORDERED for rule in scheme.rules for condition in conditions_of(rule)
    )


def borders_of(scheme: Scheme, measure: str) -> list[int]:
    """The borders of a measure in any rule, smallest first."""
    conditions = (condition for rule in scheme.rules for condition in conditions_of(rule))
    return sorted({condition.border for condition in conditions if condition.measure == measure})


def ranks_of(scheme: Scheme) -> dict[str, int]:
    """The ranks of the segments; outside the horizon is worse than all of them."""
    ranks = {segment.key: segment.rank for segment in scheme.segments}
    return {**ranks, OUTSIDE: max(ranks.values()) + 1}


def cells_of(scheme: Scheme) -> Iterator[Cell]:
    """Boxes that fill the whole space of recency, frequency and monetary without overlap."""
    rules = [(rule.segment, conditions_of(rule)) for rule in scheme.rules]
    ranks = ranks_of(scheme)
    for box in product(*(_pieces(borders_of(scheme, measure)) for measure in ORDERED)):
        segment = _certain_segment(rules, {name: first for name, (first, _) in zip(ORDERED, box, strict=True)})
        recency, frequency, monetary = box
        yield Cell(*recency, *frequency, *monetary, segment, ranks[segment] if segment else FARTHEST)


def _pieces(borders: Sequence[int]) -> list[tuple[int, int]]:
    return list(pairwise([-FARTHEST, *borders, FARTHEST]))


def _certain_segment(rules: Sequence[tuple[str, list[Condition]]], values: dict[str, int]) -> str:
    """What the rules give to these values, whatever the other measures are; empty when that hangs on them.

    The other measures move with an order too, and nobody knows how: a rule that asks for one may hold or not.
    """
    possible: list[str] = []
    for segment, conditions in rules:
        if all(one.holds(values[one.measure]) for one in conditions if one.measure in values):
            possible.append(segment)
            if all(one.measure in values for one in conditions):
                break
    return possible[-1] if len(set(possible)) == 1 else OUTSIDE
