"""The sheets of an Excel workbook, read row by row."""

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from openpyxl import load_workbook

from rfm_service.errors import FileUnusable
from rfm_service.sources.files import Table
from rfm_service.sources.files.heads import with_head
from rfm_service.sources.files.mapping import FileForm

CONTENTS = "[Content_Types].xml"


@contextmanager
def opened(path: Path, form: FileForm) -> Iterator[Table]:
    """The table on a sheet: the first that is not hidden, unless it is named. Formulas are what they came to."""
    with path.open("rb") as file, closing(_loaded(file, path)) as book:
        if form.sheet and form.sheet not in book.sheetnames:
            raise FileUnusable(
                "{0} has no sheet {1}, but: {2}. Nothing was imported.",
                path.name,
                form.sheet,
                ", ".join(book.sheetnames),
            )
        sheet = book[form.sheet or _first_shown(book)]
        total, done = max(sheet.max_row or 0, 1), 0
        sheet.reset_dimensions()  # what 1C says of its size is often wrong

        def rows() -> Iterator[Sequence[Any]]:
            nonlocal done
            try:
                for done, row in enumerate(sheet.iter_rows(values_only=True)):  # noqa: B007  `share` looks at it
                    yield row
            except Exception as error:  # noqa: BLE001
                raise _broken(path, error) from None

        columns, found = with_head(rows(), form.header, path)
        yield Table(form, columns, _of_width(found, len(columns)), lambda: min(done / total, 1.0))


def _first_shown(book: Any) -> str:
    shown = (sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible")
    return str(next(shown, book.sheetnames[0]))


def _loaded(file: IO[bytes], path: Path) -> Any:
    """Of an open file: by its path openpyxl would judge it by its name."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles that are not there
            return load_workbook(file, read_only=True, data_only=True)
    except Exception as error:
        if zipfile.is_zipfile(file) and CONTENTS not in zipfile.ZipFile(file).namelist():
            raise FileUnusable(
                "{0} is an archive of files, no workbook: unpack it, and import what is in it. Nothing was imported.",
                path.name,
            ) from None
        if isinstance(error, OSError):
            raise
        raise _broken(path, error) from None  # a damaged workbook fails in any way


def _of_width(rows: Iterator[Sequence[Any]], width: int) -> Iterator[Sequence[Any]]:
    """A sheet leaves out the empty cells at the end of a row; what stands beside the table is not of it."""
    for row in rows:
        own = row[:width] if len(row) >= width else (*row, *(None,) * (width - len(row)))
        if any(own):
            yield own


def _broken(path: Path, error: Exception) -> FileUnusable:
    return FileUnusable(
        "{0} is no sound workbook ({1}). Open it in Excel and save it as .xlsx again. Nothing was imported.",
        path.name,
        str(error)[:200],
    )
