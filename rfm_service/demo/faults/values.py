"""Faults of columns and single values: names, dates, numbers."""

from datetime import datetime, timedelta
from itertools import cycle

from rfm_service.demo.documents import EMPTY_DATE, FIELDS
from rfm_service.demo.faults.kinds import ONLY_HS, FaultKind, Harm
from rfm_service.demo.faults.rows import (
    DATES,
    NUMBERS,
    OPERATIONS,
    QUANTITIES,
    SUMS,
    Change,
    every_row,
    first_row,
    with_names,
    with_values,
)
from rfm_service.demo.protocol import Answer, Fault, Usual

EMPTY_DATES = (
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+00:00",
    "0001-01-01T00:00:00+02:30",
    "0001-01-01T00:00:00Z",
    "0000-00-00T00:00:00",
)
NO_BREAK = "\N{NO-BREAK SPACE}"


def missing_column(usual: Usual) -> Answer:
    """Every row has lost its sum."""
    return every_row(usual, lambda row: {name: value for name, value in row.items() if name not in SUMS})


def empty_order_dates(usual: Usual) -> Answer:
    """The empty dates of rows without an order, in five spellings."""
    spellings = cycle(EMPTY_DATES)
    return every_row(
        usual, with_values([FIELDS.order_date], lambda value: next(spellings) if value == EMPTY_DATE else value)
    )


def _all(change: Change) -> Fault:
    return lambda usual: every_row(usual, change)


def _one(change: Change) -> Fault:
    return lambda usual: first_row(usual, change)


def _written(value: object) -> str:
    """A number as a form shows it: 1 234,56 with no-break spaces."""
    return f"{value:,.2f}".replace(",", NO_BREAK).replace(".", ",")


def _shifted(days: int) -> Change:
    return with_values(DATES, lambda value: _moved(str(value), timedelta(days=days)))


def _moved(moment: str, way: timedelta) -> str:
    return (datetime.fromisoformat(moment) + way).isoformat()


def _in_utc(value: object) -> str:
    return _moved(str(value), timedelta(hours=-3)) + "Z"


def _in_year(year: str) -> Change:
    return with_values(DATES, lambda value: year + str(value)[4:])


def _set(columns: tuple[str, ...], value: object) -> Change:
    return with_values(columns, lambda _: value)


VALUES = {
    "missing_column": FaultKind(missing_column),
    "renamed_column": FaultKind(_all(with_names(SUMS, lambda name: f"{name}Итог"))),
    "look_alike_column": FaultKind(_all(with_names(SUMS, lambda name: name.replace("С", "C", 1)))),
    "dates_ignored": FaultKind(_all(_shifted(-3))),
    "bad_date": FaultKind(_one(_set(DATES, "31.02.2026 25:00")), Harm.SOME_ROWS),
    "empty_date": FaultKind(_one(_set(DATES, "0001-01-01T00:00:00")), Harm.SOME_ROWS),
    "year_0209": FaultKind(_one(_in_year("0209")), Harm.SOME_ROWS),
    "future_date": FaultKind(_one(_in_year("2199")), Harm.SOME_ROWS),
    "row_of_another_day": FaultKind(_one(_shifted(1)), Harm.SOME_ROWS),
    "number_1e20": FaultKind(_one(_set(SUMS, 1e20)), Harm.SOME_ROWS),
    "number_of_38_digits": FaultKind(_one(_set(QUANTITIES, 10**38 - 1)), Harm.SOME_ROWS),
    "unknown_operation": FaultKind(_one(_set(OPERATIONS, "ПеремещениеТоваров")), Harm.SOME_ROWS),
    "empty_order_dates": FaultKind(empty_order_dates, Harm.NONE, ONLY_HS),
    "dates_with_offset": FaultKind(_all(with_values(DATES, lambda value: f"{value}+03:00")), Harm.NONE),
    "dates_in_utc": FaultKind(_all(with_values(DATES, _in_utc)), Harm.NONE),
    "numbers_as_text": FaultKind(_all(with_values(SUMS, _written)), Harm.NONE),
    "spaces_around_numbers": FaultKind(_all(with_values(NUMBERS, lambda value: f" {value} ")), Harm.NONE),
}
"""Offsets and UTC are of Moscow, where the shop is."""
