"""How a file is read: a mapping file, checked before anything else is."""

import codecs
import difflib
import re
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from rfm_service.errors import ConfigurationError
from rfm_service.settings import ErpFields, Operations

FIELDS = tuple(ErpFields.model_fields)
PRICE = "price"
"""Of one piece: quantity times price is the sum."""

SALE = "sale"
"""The operation of lines that name none."""

REQUIRED = ("date", "sale_id", "buyer", "product", "quantity")
DATE_FORMS = ("iso", "excel", "unix")
DAYS_SINCE = re.compile(r"days since (\d{4}-\d\d-\d\d)")
CONDITION = re.compile(r"(?P<column>\S.*?) (?P<sign>=|!=|<|<=|>|>=)(?: (?P<value>.*))?")
PLACE = re.compile(r"\{([^{}]*)\}")
DAY, LINE = "day", "line"
"""`{day}` in a text is the line's day, `{line}` its number in the file, below the names."""

SUFFIX = ".toml"


class FileForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the file is written. What is empty is found out; `header` is the row of names, counted from 1, or 0."""

    encoding: str = ""
    delimiter: str = ""
    quote: str = '"'
    header: int = 1
    sheet: str = ""


class ValueForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How values are written, and in what units."""

    date: str | list[str] = "iso"
    timezone: str = ""
    empty: tuple[str, ...] = ("nan", "NaN", "null", "NULL", "None", "<NA>", "#N/A", "\\N")
    decimal: Literal["", ".", ","] = ""
    money: Literal["roubles", "kopecks", "thousands"] = "roubles"
    quantity: Literal["pieces", "thousandths", "thousands"] = "pieces"

    @property
    def dates(self) -> list[str]:
        """The forms of dates, in the order in which they are tried."""
        return [self.date] if isinstance(self.date, str) else self.date


class OperationLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which operation is what, as in the settings."""

    ignored: list[str] = []
    returns: list[str] = []
    corrections: list[str] = []
    sales: list[str] = []


class Condition(msgspec.Struct, frozen=True):
    """What must hold for a line to be read: `event_type = purchase`."""

    column: str
    sign: str
    value: str


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Our fields as columns of a file, or as texts; which lines are read; how the file and its values are written."""

    columns: dict[str, str | list[str]]
    texts: dict[str, str] = {}
    only: list[str] = []
    file: FileForm = FileForm()
    values: ValueForm = ValueForm()
    operations: OperationLists | None = None

    @property
    def conditions(self) -> list[Condition]:
        """What must hold for a line to be read."""
        found = (CONDITION.fullmatch(text) for text in self.only)
        return [Condition(one["column"], one["sign"], (one["value"] or "").strip()) for one in found if one]

    def names_of(self, field: str) -> list[str]:
        """The names that a field's column may have, the first present is taken; an empty one: it may be missing."""
        names = self.columns.get(field, [""])
        return [names] if isinstance(names, str) else names

    def operations_or(self, own: Operations) -> Operations:
        """The file's own lists of operations, or those of the settings; SALE is a sale in any case."""
        lists = Operations(**msgspec.structs.asdict(self.operations)) if self.operations else own
        return lists.model_copy(update={"sales": [*lists.sales, SALE]})


def load_mapping(name: str, folder: Path) -> Mapping:
    """The mapping in a file, or the ready one of that name in the folder.

    Raises ConfigurationError with every mistake in it.
    """
    path = Path(name) if Path(name).is_file() else folder / f"{name.removesuffix(SUFFIX)}{SUFFIX}"
    try:
        mapping = msgspec.toml.decode(path.read_bytes(), type=Mapping)
    except FileNotFoundError:
        raise ConfigurationError(
            "There is no mapping {0}, neither a file nor one of: {1}. `import --guess FILE` proposes one.",
            name,
            ", ".join(ready_mappings(folder)) or "-",
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError("{0}: {1}. docs/import.md explains every key.", str(path), str(error)) from None
    mistakes = [mistake for check in CHECKS for mistake in check(mapping)]
    if mistakes:
        raise ConfigurationError(
            "{0}: {1} to mend.\n{2}", str(path), len(mistakes), "\n".join(f"  {text}" for text in mistakes)
        )
    return mapping


def ready_mappings(folder: Path) -> list[str]:
    """The names of the mappings in a folder."""
    return sorted(path.stem for path in folder.glob(f"*{SUFFIX}"))


def _check_fields(mapping: Mapping) -> list[str]:
    known = (*FIELDS, PRICE)
    return [
        *(
            _stranger(table, name, known)
            for table in ("columns", "texts")
            for name in getattr(mapping, table)
            if name not in known
        ),
        *(f"{name}: stands in [columns] and in [texts]" for name in mapping.columns if name in mapping.texts),
        *(f"columns.{name}: no column is named" for name in mapping.columns if not any(mapping.names_of(name))),
    ]


def _stranger(table: str, name: str, known: Iterable[str]) -> str:
    near = next(iter(difflib.get_close_matches(name, known, n=1)), "")
    return f"{table}.{name}: there is no such field" + (f"; did you mean {near}?" if near else "")


def _check_completeness(mapping: Mapping) -> list[str]:
    given = {name for name in (*FIELDS, PRICE) if "" not in mapping.names_of(name)} | set(mapping.texts)
    money = given & {"sum", PRICE}
    return [
        *(f"{name}: no column and no text gives it" for name in REQUIRED if name not in given),
        *(["sum: no column gives it, nor the price of a piece"] if not money else []),
        *(["sum and price: only one of them can be read"] if len(money) > 1 else []),
    ]


def _check_texts(mapping: Mapping) -> list[str]:
    return [
        f"texts.{field}: an empty name between braces"
        for field, text in mapping.texts.items()
        if not all(name.strip() for name in PLACE.findall(text))
    ] + [
        f"texts.date: it cannot be made of {{{DAY}}}"
        for text in [mapping.texts.get("date", "")]
        if f"{{{DAY}}}" in text
    ]


def _check_only(mapping: Mapping) -> list[str]:
    mistakes = [
        f'only "{text}": write <column> <comparison> <value>, comparisons: = != < <= > >='
        for text in mapping.only
        if not CONDITION.fullmatch(text)
    ]
    return mistakes + [
        f'only "{one.column} {one.sign} {one.value}": {one.sign} compares with a number, as 12 or 0.5'
        for one in mapping.conditions
        if one.sign not in {"=", "!="} and not re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", one.value)
    ]


def _check_file(mapping: Mapping) -> list[str]:
    form = mapping.file
    mistakes = []
    if form.encoding and not _is_known(codecs.lookup, form.encoding, LookupError):
        mistakes.append(f'file.encoding: Python knows no "{form.encoding}"; usual ones: utf-8, cp1251, utf-16')
    if len(form.delimiter) > 1:
        mistakes.append('file.delimiter: one sign, as ";" or "\\t"')
    if len(form.quote) > 1:
        mistakes.append("file.quote: one sign, or nothing: quotation marks are letters like others")
    if not 0 <= form.header <= 1000:
        mistakes.append("file.header: the row of names, counted from 1; 0: there is none")
    return mistakes


def _check_values(mapping: Mapping) -> list[str]:
    form = mapping.values
    mistakes = [
        f'values.date: "{text}" is none of {", ".join(DATE_FORMS)}, days since YYYY-MM-DD, and no pattern as %d.%m.%Y'
        for text in form.dates
        if text not in DATE_FORMS and not _are_days_since(text) and not {"%d", "%j"} & set(re.findall("%.", text))
    ]
    if not form.dates:
        mistakes.append("values.date: at least one form")
    if form.timezone and not _is_known(ZoneInfo, form.timezone, (ZoneInfoNotFoundError, ValueError, OSError)):
        mistakes.append(f'values.timezone: there is no "{form.timezone}"; they look like Europe/Moscow')
    return mistakes


def _are_days_since(text: str) -> bool:
    days = DAYS_SINCE.fullmatch(text)
    return days is not None and _is_known(date.fromisoformat, days[1], ValueError)


def _is_known(
    look_up: Callable[[str], object], name: str, unknown: type[Exception] | tuple[type[Exception], ...]
) -> bool:
    try:
        look_up(name)
    except unknown:
        return False
    return True


CHECKS: tuple[Callable[[Mapping], list[str]], ...] = (
    _check_fields,
    _check_completeness,
    _check_texts,
    _check_only,
    _check_file,
    _check_values,
)
