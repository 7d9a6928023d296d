"""A scheme with the borders between its scores: it can be applied, stored, and applied again as it was."""

from collections.abc import Iterator

import msgspec

from rfm_service.segmentation.conditions import AXES, Condition, Values
from rfm_service.segmentation.schemes import Scheme


class Border(msgspec.Struct, frozen=True):
    """Where a score begins: with this value (of recency: up to it), in stored units.

    customer_id: among those with just this value, the one with whose key it begins; 0: with any. `last`: it is the one
    with whose key it ends.
    """

    value: int
    customer_id: int = 0
    last: bool = False


class FittedScheme(msgspec.Struct, frozen=True):
    """`borders` are by axis, from that of the second score on. A scheme without scores has none."""

    scheme: Scheme
    borders: dict[str, list[Border]] = {}

    def as_sql(self) -> str:
        """A CASE expression over the columns of `measured_customers` that gives the segment's key."""
        *ordered, otherwise = zip(self.scheme.rules, self.scheme.conditions, strict=True)
        branches = " ".join(
            f"WHEN {' AND '.join(self._condition_as_sql(one) for one in conditions)} THEN '{rule.segment}'"
            for rule, conditions in ordered
        )
        rest = f"'{otherwise[0].segment}'"
        return f"CASE {branches} ELSE {rest} END" if branches else rest

    def score_as_sql(self, axis: str) -> str:
        """An expression over the columns of `measured_customers` that gives the score on an axis."""
        steps = (
            f"CASE WHEN {_is_beyond(self.column(axis), axis, border)} THEN 1 ELSE 0 END"
            for border in self.borders[axis]
        )
        return f"({' + '.join(('1', *steps))})"

    @property
    def scored_axes(self) -> list[str]:
        """The axes with scores, in their usual order."""
        return [axis for axis in AXES if axis in self.scheme.scores]

    def column(self, measure: str) -> str:
        """The column of `measured_customers` with a measure."""
        monthly = self.scheme.window == "month" and measure in {"frequency", "monetary"}
        return f"month_{measure}" if monthly else measure

    def value_as_sql(self, name: str) -> str:
        """A measure or a score in its stored unit, as an expression."""
        if name == "fm_score":
            return f"({self.score_as_sql('frequency')} + {self.score_as_sql('monetary')})"
        axis = name.removesuffix("_score")
        return self.column(name) if axis == name else self.score_as_sql(axis)

    def values_as_sql(self) -> Iterator[str]:
        """The measures and scores that its rules look at, as columns under the names of conditions."""
        scores = [f"{axis}_score" for axis in self.scored_axes]
        for name in dict.fromkeys((*AXES, *sorted(self.scheme.compared - {*scores}), *scores)):
            yield f"{self.value_as_sql(name)} AS {name}"

    def rule_of(self, values: Values) -> int:
        """The place of the rule that decides for a customer."""
        return next(
            place
            for place, conditions in enumerate(self.scheme.conditions)
            if all(one.holds(values[one.name]) for one in conditions)
        )

    def _condition_as_sql(self, condition: Condition) -> str:
        return f"{self.value_as_sql(condition.name)} {condition.sign} {condition.number}"


def _is_beyond(column: str, axis: str, border: Border) -> str:
    """Customers for whom the border's score has begun. Keys, the ERP's own texts, are compared in the engine."""
    sign = "<" if axis == "recency" else ">"
    if not border.customer_id:
        return f"{column} {sign}= {border.value}"
    key = f"(SELECT key FROM customer WHERE customer_id = {border.customer_id})"
    among_equals = f"key {'<=' if border.last else '>='} {key}"
    return f"({column} {sign} {border.value} OR ({column} = {border.value} AND {among_equals}))"
