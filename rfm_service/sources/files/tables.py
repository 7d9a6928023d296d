"""A file as a table, whatever its format: that is told by its first bytes, not by its name."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rfm_service.errors import FileUnusable
from rfm_service.sources.files import Table, delimited, parquet, workbook
from rfm_service.sources.files.mapping import FileForm

FORMATS = {b"PAR1": parquet.opened, b"PK\x03\x04": workbook.opened}
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
WEB_PAGES = (b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta")
BEGINNING = 64
BLANK = b"\xef\xbb\xbf \t\r\n"
"""What may stand before the first sign: the mark of UTF-8, spaces."""

MARK = 4


@contextmanager
def opened_table(path: Path, form: FileForm) -> Iterator[Table]:
    """The table in a file. Raises FileUnusable, also while its rows are read."""
    try:
        with FORMATS.get(_mark_of(path), delimited.opened)(path, form) as table:
            yield table
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise FileUnusable(
            "{0} is a broken archive ({1}). Copy or download it again. Nothing was imported.", path.name, str(error)
        ) from None
    except OSError as error:
        raise FileUnusable("Cannot read {0}: {1}.", str(path), error.strerror or str(error)) from None


def _mark_of(path: Path) -> bytes:
    with path.open("rb") as file:
        beginning = file.read(BEGINNING)
    mark = beginning[:MARK]
    if not mark:
        raise FileUnusable("{0} is empty. Nothing was imported.", path.name)
    if mark == OLD_EXCEL:
        raise FileUnusable(
            "{0} is a workbook of the old format. Open it in Excel and save it as .xlsx. Nothing was imported.",
            path.name,
        )
    if beginning.lstrip(BLANK).lower().startswith(WEB_PAGES):
        raise FileUnusable(
            "{0} is a web page or XML, whatever its name says. Open it in Excel and save it as .xlsx."
            " Nothing was imported.",
            path.name,
        )
    return mark
