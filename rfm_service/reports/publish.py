"""The only way to a final name in a folder: whole or not at all, at every instant."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from rfm_service.errors import FolderUnusable

CHUNK = 1 << 20


def publish_folder(files: Iterable[Path], folder: Path, name: str) -> None:
    """Make `folder/name` hold exactly copies of `files`.

    They are written under a hidden name, flushed, read back and compared; then the folder gets its name in one step.
    What stood there before is replaced. Whoever may read `folder` may read them. Raises FolderUnusable, and leaves what
    stood there.
    """
    try:
        hidden, replaced = folder / f".{name}.part", folder / f".{name}.old"
        _remove(hidden)
        hidden.mkdir()
        for file in files:
            _copy_whole(file, hidden / file.name)
        _open_like(folder, hidden)
        _sync_folder(hidden)
        _take_place(hidden, folder / name, replaced)
        _sync_folder(folder)
    except OSError as error:
        if not folder.exists():
            raise FolderUnusable(
                "The folder {0} does not exist. Create or mount it; the report waits.", str(folder)
            ) from None
        raise FolderUnusable(
            "Cannot write into {0}: {1}. Is it writable, and no file of {2} open in Excel? The report waits.",
            str(folder),
            error.strerror or type(error).__name__,
            name,
        ) from None


def flush_files(files: Iterable[Path]) -> dict[str, str]:
    """Put the bytes of these files on the disk, not only on their way there. Their SHA-256 by name."""
    files = list(files)
    for file in files:
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())
    for folder in {file.parent for file in files}:
        _sync_folder(folder)
    return {file.name: sha256_of(file) for file in files}


def write_whole(path: Path, content: bytes) -> None:
    """Give this file this content in one step: whoever reads it sees the old or the new."""
    hidden = path.with_name(f".{path.name}.part")
    hidden.write_bytes(content)
    hidden.replace(path)


def sha256_of(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open_like(folder: Path, hidden: Path) -> None:
    """The rights of the folder that it stands in, whatever our own umask is."""
    rights = stat.S_IMODE(folder.stat().st_mode)
    with suppress(OSError):  # a share may have rights of its own
        for file in hidden.iterdir():
            file.chmod(rights & 0o666)
        hidden.chmod(rights & 0o777)


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
    if sha256_of(source) != sha256_of(target):
        raise OSError(0, f"{target.name} reads back differently from what was written")


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
