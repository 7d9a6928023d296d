"""Lists for people: a workbook for each manager and for each segment, with the same sheets as the report's own."""

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pandas as pd
from openpyxl import Workbook

from rfm_service.locales import Language
from rfm_service.receipts import ListFigures
from rfm_service.reports.sheets import calls, customers, falls, overdue
from rfm_service.reports.tables import ReportTables

SHEETS = (calls.write, falls.write, overdue.write, customers.write)
FORBIDDEN = set('<>:"/\\|?*')  # in names of files, on Windows and on shares
LONGEST_NAME = 180  # bytes; 255 is what file systems take


class Lists(NamedTuple):
    """What was written: the files, the totals of the segments' lists, and what each manager's list holds."""

    files: list[Path]
    totals: dict[str, int]
    managers: dict[str, ListFigures]


def write_lists(tables: ReportTables, folder: Path) -> Lists:
    """Write the lists of the managers that the cards name, and of the segments that have customers."""
    language = Language(tables.facts.language)
    taken: set[str] = set()
    files: list[Path] = []
    managers: dict[str, ListFigures] = {}
    totals = {"lists.customers": 0, "lists.monetary": 0}
    for manager in sorted(set(tables.customers["manager"].fillna("")) - {""}):
        own = _only(tables, "manager", manager)
        files.append(folder / _free_name(f"{language.gettext('Manager')} {manager}", taken))
        _write(own, files[-1], language)
        managers[manager] = _figures(own, files[-1].name)
    for style in tables.facts.segments:
        own = _only(tables, "segment", style.key)
        if not own.customers.empty:
            files.append(folder / _free_name(f"{tables.facts.segment_title} {style.title}", taken))
            shown = _write(own, files[-1], language)
            totals["lists.customers"] += shown["customers"]
            totals["lists.monetary"] += shown["monetary"]
    return Lists(files, totals, managers)


def file_name(text: str) -> str:
    """A text as a name of a file that every system takes: in its own letters, without what is forbidden or unseen."""
    whole = unicodedata.normalize("NFC", text)
    kept = "".join(sign if sign.isprintable() and sign not in FORBIDDEN else " " for sign in whole)
    return " ".join(kept.split()).encode("utf-8", "ignore")[:LONGEST_NAME].decode("utf-8", "ignore").strip(" .") or "_"


def _free_name(text: str, taken: set[str]) -> str:
    """The name of a workbook, unlike all before it whatever their letter case."""
    name = next(name for name in _names(file_name(text)) if name.casefold() not in taken)
    taken.add(name.casefold())
    return f"{name}.xlsx"


def _names(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1


def _only(tables: ReportTables, column: str, value: str) -> ReportTables:
    def own(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame[column] == value]

    return msgspec.structs.replace(tables, customers=own(tables.customers), calls=own(tables.calls))


def _write(tables: ReportTables, path: Path, language: Language) -> dict[str, int]:
    workbook = Workbook(write_only=True)
    workbook.properties.creator = "rfm_service"
    totals = [write(workbook, tables, language) for write in SHEETS]
    workbook.save(path)
    return _joined(totals)


def _joined(totals: Iterable[dict[str, int]]) -> dict[str, int]:
    return {name: value for one in totals for name, value in one.items()}


def _figures(tables: ReportTables, name: str) -> ListFigures:
    return ListFigures(
        file=name,
        calls=len(tables.calls),
        falling=len(falls.falling_soon(tables)),
        overdue=len(overdue.overdue_of(tables)),
        customers=len(tables.customers),
    )
