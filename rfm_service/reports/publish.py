"""The only way to a final name in a folder: whole or not at all, at every instant."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory

from rfm_service.disk import flush, sha256_of
from rfm_service.errors import FolderUnusable, ReportDamaged
from rfm_service.reports.places import Place, Unreached

MARKER = ".rfm_service"
TRIAL = ".rfm_service.trial"
RENAMES = 4
RENAME_PAUSE = 0.5


class Mark(Enum):
    """A hidden file that tells the place from the empty folder that is left when a share is gone."""

    NONE = 0
    LEFT = 1
    """It is left there with the first report."""
    REQUIRED = 2
    """Without it nothing is written."""


def publish_folder(place: Place, files: Iterable[Path], name: str, folder: str, mark: Mark = Mark.NONE) -> None:
    """Make `name` in this place hold exactly copies of `files`. `folder` is what people call the place.

    They are written under a hidden name, flushed, read back and compared; then the folder gets its name in one step.
    What stood there before is replaced. Whoever may read the place may read them. Raises FolderUnusable, and leaves
    what stood there.
    """
    hidden, replaced = f".{name}.part", f".{name}.old"
    try:
        present = place.names()
        if mark is Mark.REQUIRED and MARKER not in present:
            raise FolderUnusable(
                "{0} does not hold the mark {1} that was left there: is the share mounted? If the folder is right,"
                " create an empty file of that name in it. The report waits.",
                folder,
                MARKER,
            )
        for leftover in present & {hidden, replaced}:
            place.remove(leftover)
        place.make(hidden)
        for file in files:
            _copy_whole(place, file, hidden)
        place.settle(hidden)
        take_place(place, hidden, name, replaced if name in present else "")
        if mark is Mark.LEFT and MARKER not in present:
            place.touch(MARKER)
    except FileNotFoundError as error:
        if _is_missing(place):
            raise FolderUnusable(
                "The folder {0} does not exist. Create or mount it; the report waits.", folder
            ) from None
        raise _unusable(folder, name, error) from None
    except OSError as error:
        raise _unusable(folder, name, error) from None


def try_folder(place: Place, folder: str) -> None:
    """Write into it, read it back, and leave no trace. Raises FolderUnusable."""
    with TemporaryDirectory() as own:
        file = Path(own) / "probe"
        file.write_bytes(b"probe")
        try:
            if TRIAL in place.names():
                place.remove(TRIAL)
            place.make(TRIAL)
            try:
                _copy_whole(place, file, TRIAL)
            finally:
                place.remove(TRIAL)
        except OSError as error:
            raise FolderUnusable(
                "Cannot write into {0}: {1}.", folder, error.strerror or type(error).__name__
            ) from None


def take_place(place: Place, hidden: str, final: str, replaced: str) -> None:
    """Give the folder `hidden` its final name; what has that name now goes by `replaced`, unless that is empty."""
    if replaced:
        _patiently(place.rename, final, replaced)
    try:
        _patiently(place.rename, hidden, final)
    except OSError:
        if replaced:
            place.rename(replaced, final)
        raise
    if replaced:
        place.remove(replaced)


def flush_files(files: Iterable[Path]) -> dict[str, str]:
    """Put the bytes of these files on the disk, not only on their way there. Their SHA-256 by name."""
    files = list(files)
    for file in files:
        flush(file)
    for folder in {file.parent for file in files}:
        flush(folder)
    return {file.name: sha256_of(file) for file in files}


def written_files(folder: Path, digests: Mapping[str, str]) -> list[Path]:
    """The files of a finished report, by their SHA-256. Raises ReportDamaged when one is not what was written."""
    files = [folder / name for name in sorted(digests)]
    for file in files:
        try:
            found = sha256_of(file)
        except OSError:
            found = ""
        if found != digests[file.name]:
            raise ReportDamaged("{0} of the finished report is gone, or is not what was written.", file.name)
    if not files:
        raise ReportDamaged("It is not known what the finished report consists of.")
    return files


def write_whole(path: Path, content: bytes) -> None:
    """Give this file this content in one step: whoever reads it sees the old or the new."""
    with hidden_beside(path) as hidden:
        hidden.write_bytes(content)


@contextmanager
def hidden_beside(path: Path) -> Iterator[Path]:
    """A hidden file to write, which takes the name in one step once it is written; of one that is not nothing stays."""
    hidden = path.with_name(f".{path.name}.part")
    try:
        yield hidden
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)


def _patiently(rename: Callable[[str, str], None], old: str, new: str) -> None:
    """A scanner of viruses may hold a file for a moment."""
    for _ in range(RENAMES - 1):
        try:
            return rename(old, new)
        except PermissionError:
            time.sleep(RENAME_PAUSE)
    return rename(old, new)


def _copy_whole(place: Place, source: Path, folder: str) -> None:
    place.write(folder, source.name, source)
    if place.sha256(folder, source.name) != sha256_of(source):
        raise OSError(0, f"{source.name} reads back differently from what was written")


def _is_missing(place: Place) -> bool:
    try:
        place.names()
    except FileNotFoundError:
        return True
    return False


def _unusable(folder: str, name: str, error: OSError) -> FolderUnusable:
    if isinstance(error, Unreached):
        return FolderUnusable("Cannot write into {0}: {1}. The report waits.", folder, error.strerror)
    return FolderUnusable(
        "Cannot write into {0}: {1}. Is it writable, and no file of {2} open in Excel? The report waits.",
        folder,
        error.strerror or type(error).__name__,
        name,
    )
