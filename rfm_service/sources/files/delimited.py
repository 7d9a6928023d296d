"""Delimited text (CSV), packed by gzip or not.

Python's own reader: it knows every encoding, and the line at fault.
"""

import codecs
import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

from rfm_service.errors import FileUnusable
from rfm_service.sources.files import Table
from rfm_service.sources.files.heads import with_head
from rfm_service.sources.files.mapping import FileForm

GZIP = b"\x1f\x8b"
DELIMITERS = ",;\t|"
SAMPLE = 1 << 20
LOOKED_AT = 30
LONGEST_CELL = 1 << 17
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@contextmanager
def opened(path: Path, form: FileForm) -> Iterator[Table]:
    """The table in a text. Its iterator raises FileUnusable."""
    form = _completed(path, form)
    with ExitStack() as stack:
        packed = stack.enter_context(path.open("rb"))
        size = max(path.stat().st_size, 1)
        text = stack.enter_context(io.TextIOWrapper(_unpacked(packed), encoding=form.encoding, newline=""))
        columns, rows = with_head(_rows(path, text, form), form.header, path)
        own = (_cut(row, len(columns)) for row in rows if any(row))
        yield Table(form, columns, own, lambda: packed.tell() / size)


def _cut(row: Sequence[Any], width: int) -> Sequence[Any]:
    """Without the empty cells beyond the last name."""
    return row[:width] if len(row) > width and not any(row[width:]) else row


def _completed(path: Path, form: FileForm) -> FileForm:
    """The form with encoding and delimiter, found out of the beginning where they are not given."""
    with path.open("rb") as packed:
        sample = _unpacked(packed).read(SAMPLE)
    encoding = form.encoding or encoding_of(sample)
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"
    delimiter = form.delimiter or _delimiter_of(sample.decode(encoding, "replace"), form)
    return FileForm(encoding, delimiter, form.quote, form.header)


def encoding_of(sample: bytes) -> str:
    """By its mark; else UTF-8 where it can be that, and cp1251 where not."""
    for mark, encoding in MARKS.items():
        if sample.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return "cp1251"
    return "utf-8"


def _unpacked(packed: IO[bytes]) -> IO[bytes]:
    is_gzip = packed.read(len(GZIP)) == GZIP
    packed.seek(0)
    return gzip.GzipFile(fileobj=packed) if is_gzip else packed  # type: ignore[return-value]


def _delimiter_of(sample: str, form: FileForm) -> str:
    """The one that cuts the row of names into the most cells."""

    def cells(delimiter: str) -> int:
        rows = _reader(io.StringIO(sample, newline=""), delimiter, form.quote)
        try:
            return max((len(row) for row in islice(rows, max(form.header - 1, 0), form.header or 1)), default=0)
        except csv.Error:
            return 0

    return max(DELIMITERS, key=cells)


def _reader(text: io.TextIOBase, delimiter: str, quote: str) -> Any:
    spaces = delimiter == " "  # any number of them is one
    if not quote:
        return csv.reader(text, delimiter=delimiter, skipinitialspace=spaces, quoting=csv.QUOTE_NONE)
    return csv.reader(text, delimiter=delimiter, skipinitialspace=spaces, quotechar=quote)


def _rows(path: Path, text: io.TextIOWrapper, form: FileForm) -> Iterator[Sequence[str]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = _reader(text, form.delimiter, form.quote)
    width, ended = 0, 0
    try:
        for place, row in enumerate(reader, 1):
            if place <= max(form.header, 1):
                width = len(row)
            elif len(row) != width and reader.line_num - ended > 1:
                raise csv.Error("several lines run into one")
            ended = reader.line_num
            yield row[:-1] if form.delimiter == " " and row and not row[-1] else row
    except csv.Error as error:
        raise FileUnusable(
            "{0}, after line {1}: {2}. A quotation mark is not closed there, or is no quotation mark: mend the line, or"
            ' say quote = "" in [file] of the mapping. Nothing was imported.',
            path.name,
            ended,
            str(error),
        ) from None
    except UnicodeDecodeError:
        raise FileUnusable(
            "{0}, after line {1}: the text is not {2}. Say which encoding it is in [file] of the mapping, as"
            ' encoding = "cp1251". Nothing was imported.',
            path.name,
            ended,
            form.encoding,
        ) from None
