"""The rules of a scheme read as borders: where a customer stands between them, and what lies behind the next one.

Between two neighbouring borders of a measure nothing changes. So the borders cut what customers can be into boxes, and
a whole box has one segment.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from rfm_service.segmentation.conditions import AXES, Condition
from rfm_service.segmentation.schemes import OUTSIDE, Scheme

FARTHEST = 1 << 62
"""Beyond every measure."""


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


def has_thresholds_only(scheme: Scheme) -> bool:
    """Whether all its rules compare a customer's own measures, inside the whole horizon, with fixed numbers."""
    return not scheme.scores and scheme.window == "horizon"


def is_foreseeable(scheme: Scheme) -> bool:
    """Whether recency, frequency and monetary alone decide: then it is known what becomes of who buys nothing."""
    return has_thresholds_only(scheme) and scheme.compared <= {*AXES}


def borders_of(scheme: Scheme, measure: str) -> list[int]:
    """The borders of a measure in any rule, smallest first."""
    conditions = (condition for own in scheme.conditions for condition in own)
    return sorted({condition.border for condition in conditions if condition.name == measure})


def cells_of(scheme: Scheme) -> Iterator[Cell]:
    """Boxes that fill the whole space of recency, frequency and monetary without overlap."""
    rules = [(rule.segment, conditions) for rule, conditions in zip(scheme.rules, scheme.conditions, strict=True)]
    ranks = scheme.ranks
    for box in product(*(_pieces(borders_of(scheme, measure)) for measure in AXES)):
        segment = _certain_segment(rules, {name: first for name, (first, _) in zip(AXES, box, strict=True)})
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
        if all(one.holds(values[one.name]) for one in conditions if one.name in values):
            possible.append(segment)
            if all(one.name in values for one in conditions):
                break
    return possible[-1] if len(set(possible)) == 1 else OUTSIDE
