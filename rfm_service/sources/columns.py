"""What to say of a field that is not there."""

import difflib
from collections.abc import Collection

from rfm_service.errors import BadAnswer

CYRILLIC = str.maketrans("ABCEHKMOPTXaceopxy", "АВСЕНКМОРТХасеорху")


def missing(name: str, present: Collection[str], table: str) -> BadAnswer:
    """The error. `table` of the settings holds the name."""
    twin = next((other for other in present if other.translate(CYRILLIC) == name.translate(CYRILLIC)), None)
    if twin:
        return BadAnswer(
            "The ERP's lines have no field {0}, but one that only looks so, {1}: Latin and Cyrillic letters are mixed. "
            "Check {2} against 1C.",
            name,
            twin,
            table,
        )
    near = next(iter(difflib.get_close_matches(name, present, n=1)), "-")
    return BadAnswer("The ERP's lines have no field {0} (nearest: {1}). Check {2} against 1C.", name, near, table)
