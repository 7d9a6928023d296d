"""How much of a day may be unreadable before the day is not believed."""

from rfm_service.clock import date_of
from rfm_service.errors import BadAnswer
from rfm_service.kinds import Verdict
from rfm_service.records import Refused

TOLERATED_LINES = 20
TOLERATED_SHARE = 0.01


def require_few(refused: list[Refused], readable: int, day: int, strays: int = 0) -> None:
    """Raise BadAnswer when more lines are malformed than can be read, or over 20 lines and over 1 %.

    strays: how many of the refused are of another day.
    """
    malformed = [bad.field for bad in refused if bad.verdict is Verdict.MALFORMED]
    lines = readable + len(refused)
    tolerated = max(min(TOLERATED_LINES, readable), lines * TOLERATED_SHARE) if readable else 0
    if len(malformed) <= tolerated:
        return
    asked = date_of(day).isoformat()
    if 2 * strays > lines:
        raise BadAnswer(
            "{0} of {1} lines are not of {2}: the service seems to ignore the dates it is asked for. "
            "Nothing was stored.",
            strays,
            lines,
            asked,
        )
    unknown = malformed.count("cash_flow_type")
    if 2 * unknown > len(malformed):
        raise BadAnswer(
            "{0} of {1} lines of {2} have an operation that no list of [erp.operations] knows. Add it there. "
            "Nothing of that day was stored.",
            unknown,
            lines,
            asked,
        )
    raise BadAnswer(
        "{0} of {1} lines of {2} cannot be read, the first because of its {3}. Nothing of that day was stored.",
        len(malformed),
        lines,
        asked,
        malformed[0],
    )
