"""The sheets of an Excel workbook, read row by row."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from rfm_service.errors import FileUnusable
from rfm_service.sources.files import Table
from rfm_service.sources.files.heads import with_head
from rfm_service.sources.files.mapping import FileForm


@contextmanager
def opened(path: Path, form: FileForm) -> Iterator[Table]:
    """The table on a sheet: the first one unless it is named. What formulas came to when the file was saved."""
    try:
        book = _loaded(path)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  a damaged workbook fails in any way
        raise _broken(path, error) from None
    with closing(book):
        if form.sheet and form.sheet not in book.sheetnames:
            raise FileUnusable(
                "{0} has no sheet {1}, but: {2}. Nothing was imported.",
                path.name,
                form.sheet,
                ", ".join(book.sheetnames),
            )
        sheet = book[form.sheet or book.sheetnames[0]]
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
        yield Table(form, columns, (_of_width(row, len(columns)) for row in found), lambda: min(done / total, 1.0))


def _loaded(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of styles that are not there
        return load_workbook(path, read_only=True, data_only=True)


def _of_width(row: Sequence[Any], width: int) -> Sequence[Any]:
    """A sheet leaves out the empty cells at the end of a row."""
    return row if len(row) >= width else (*row, *(None,) * (width - len(row)))


def _broken(path: Path, error: Exception) -> FileUnusable:
    return FileUnusable(
        "{0} is no sound workbook ({1}). Open it in Excel and save it as .xlsx again. Nothing was imported.",
        path.name,
        str(error)[:200],
    )
