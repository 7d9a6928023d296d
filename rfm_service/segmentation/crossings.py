"""What of a customer crossed which border when its segment changed."""

from typing import NamedTuple

from rfm_service.segmentation.conditions import AXES, Condition, Values
from rfm_service.segmentation.fitted import FittedScheme


class Crossing(NamedTuple):
    """A measure that went from one side of a border to the other; all in the measure's stored unit."""

    measure: str
    before: int
    after: int
    border: int


NOTHING = Crossing("", 0, 0, 0)
"""Nothing of the customer's own crossed a border."""


def find_crossing(old: FittedScheme, before: Values | None, new: FittedScheme, after: Values | None) -> Crossing:
    """Why the first rule that holds is another one now. A customer without purchases has no values.

    Going up the list of rules a condition has come to hold that did not; going down one holds no more that did.
    """
    if before is None or after is None:
        return Crossing("frequency", (before or {}).get("frequency", 0), (after or {}).get("frequency", 0), 1)
    if old.scheme.rules != new.scheme.rules:
        return NOTHING
    left, entered = old.rule_of(before), new.rule_of(after)
    conditions = old.scheme.conditions[min(left, entered)]
    changed = [one for one in conditions if one.holds(before[one.name]) != one.holds(after[one.name])]
    return _crossing_of(changed[0], new, before, after) if changed else NOTHING


def _crossing_of(condition: Condition, fitted: FittedScheme, before: Values, after: Values) -> Crossing:
    name, number = condition.name, condition.number
    if not name.endswith("_score"):
        return Crossing(name, before[name], after[name], number)
    axis, score = _score_behind(condition, before, after)
    borders = fitted.borders[axis]
    border = borders[score - 2].value if 0 <= score - 2 < len(borders) else 0
    return Crossing(axis, before[axis], after[axis], border)


def _score_behind(condition: Condition, before: Values, after: Values) -> tuple[str, int]:
    """The axis whose score changed, and which score's border it was."""
    if condition.name != "fm_score":
        return condition.name.removesuffix("_score"), condition.border
    axis = next((axis for axis in AXES[1:] if before[f"{axis}_score"] != after[f"{axis}_score"]), AXES[1])
    return axis, max(before[f"{axis}_score"], after[f"{axis}_score"])
