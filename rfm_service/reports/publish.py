"""The only way to a final name in a folder: whole or not at all, at every instant."""

import hashlib
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from rfm_service.errors import FolderUnusable

CHUNK = 1 << 20


def publish_folder(files: Iterable[Path], folder: Path, name: str) -> None:
    """Make `folder/name` hold exactly copies of `files`.

    They are written under a hidden name, flushed, read back and compared; then the folder gets its name in one step.
    What stood there before is replaced. Raises FolderUnusable, and leaves what stood there.
    """
    try:
        hidden, replaced = folder / f".{name}.part", folder / f".{name}.old"
        _remove(hidden)
        hidden.mkdir()
        for file in files:
            _copy_whole(file, hidden / file.name)
        _sync_folder(hidden)
        _take_place(hidden, folder / name, replaced)
        _sync_folder(folder)
    except OSError as error:
        if not folder.exists():
            sentence = "The folder {0} does not exist. Create or mount it; the report waits."
            raise FolderUnusable(sentence, str(folder)) from None
        raise FolderUnusable(
            "Cannot write into {0}: {1}. Is it writable, and no file of {2} open in Excel? The report waits.",
            str(folder),
            error.strerror or type(error).__name__,
            name,
        ) from None


def flush_files(files: Iterable[Path]) -> None:
    """The bytes of these files are on the disk, not only on their way there."""
    for file in files:
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())


def _take_place(hidden: Path, final: Path, replaced: Path) -> None:
    _remove(replaced)
    if final.exists():
        final.rename(replaced)
    try:
        hidden.rename(final)
    except OSError:
        if replaced.exists():
            replaced.rename(final)
        raise
    _remove(replaced)


def _copy_whole(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("xb") as written:
        shutil.copyfileobj(read, written, CHUNK)
        written.flush()
        os.fsync(written.fileno())
    if _sha256(source) != _sha256(target):
        raise OSError(0, f"{target.name} reads back differently from what was written")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # Windows and some shares cannot flush a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
