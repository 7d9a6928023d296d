"""Where reports go: a folder of this machine or a mounted share, or a share that is reached by smb://."""

import errno
import hashlib
import logging
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from rfm_service.disk import flush, sha256_of
from rfm_service.settings import ReportSettings

CHUNK = 1 << 20
CONNECT_SECONDS = 20
SMB_PORT = 445

log = logging.getLogger(__name__)


class Place(Protocol):
    """A folder, and what stands in it by name. All of it raises OSError."""

    def names(self) -> set[str]:
        """What stands in it."""

    def make(self, name: str) -> None:
        """A new folder in it."""

    def write(self, folder: str, name: str, source: Path) -> None:
        """A copy of a file of this machine, in a folder of it, flushed."""

    def sha256(self, folder: str, name: str) -> str:
        """Of a file in a folder of it, read back."""

    def settle(self, folder: str) -> None:
        """Give a folder and its files the rights of the place, and its names to the disk."""

    def rename(self, old: str, new: str) -> None:
        """A folder gets another name, in one step."""

    def remove(self, name: str) -> None:
        """A folder with all that is in it. A link is removed, not followed."""

    def touch(self, name: str) -> None:
        """An empty file."""


def place_of(folder: str, settings: ReportSettings) -> Place:
    """What a folder of the settings stands for."""
    if folder.startswith("smb://"):
        return SmbPlace(folder, settings.smb_user, settings.smb_password.get_secret_value(), settings.smb_encrypt)
    return LocalPlace(Path(folder))


class LocalPlace:
    """A folder of this machine, or a share that is mounted or has a UNC path."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> set[str]:
        """What stands in it. A share that has died raises, it is not empty."""
        return {path.name for path in self._path.iterdir()}

    def make(self, name: str) -> None:
        """A new folder in it."""
        (self._path / name).mkdir()

    def write(self, folder: str, name: str, source: Path) -> None:
        """A copy of a file, flushed."""
        with source.open("rb") as read, (self._path / folder / name).open("xb") as written:
            shutil.copyfileobj(read, written, CHUNK)
            written.flush()
            os.fsync(written.fileno())

    def sha256(self, folder: str, name: str) -> str:
        """Of a file in a folder of it."""
        return sha256_of(self._path / folder / name)

    def settle(self, folder: str) -> None:
        """The rights of the place, whatever our own umask is."""
        rights = stat.S_IMODE(self._path.stat().st_mode)
        with suppress(OSError):  # a share may have rights of its own
            for file in (self._path / folder).iterdir():
                file.chmod(rights & 0o666)
            (self._path / folder).chmod(rights & 0o777)
        flush(self._path / folder)

    def rename(self, old: str, new: str) -> None:
        """In one step, and on the disk."""
        (self._path / old).rename(self._path / new)
        flush(self._path)

    def remove(self, name: str) -> None:
        """A link is removed, not followed."""
        path = self._path / name
        if path.is_symlink() or path.is_file():
            path.unlink()
        else:
            shutil.rmtree(path)

    def touch(self, name: str) -> None:
        """An empty file."""
        (self._path / name).touch()


class Unreached(OSError):
    """Nobody could be asked to write: not what is in the folder is the trouble, but the way there."""


class SmbPlace:
    """A share, spoken to by this process itself: `smb://server[:port]/share/path`."""

    def __init__(self, url: str, user: str, password: str, encrypt: bool) -> None:
        parts = urlsplit(url)
        self._server, self._port = parts.hostname or "", parts.port or SMB_PORT
        self._root = "\\\\" + self._server + unquote(parts.path).rstrip("/").replace("/", "\\")
        self._login = {"username": user or None, "password": password or None}
        self._encrypt = encrypt

    def names(self) -> set[str]:
        """What stands in it."""
        with self._share() as share:
            return set(share.listdir(self._root, port=self._port))

    def make(self, name: str) -> None:
        """A new folder in it."""
        with self._share() as share:
            share.mkdir(self._path(name), port=self._port)

    def write(self, folder: str, name: str, source: Path) -> None:
        """A copy of a file, flushed."""
        with (
            self._share() as share,
            source.open("rb") as read,
            share.open_file(self._path(folder, name), mode="xb", port=self._port) as written,
        ):
            shutil.copyfileobj(read, written, CHUNK)

    def sha256(self, folder: str, name: str) -> str:
        """Of a file in a folder of it."""
        with self._share() as share, share.open_file(self._path(folder, name), mode="rb", port=self._port) as file:
            digest = hashlib.sha256()
            while piece := file.read(CHUNK):
                digest.update(piece)
            return digest.hexdigest()

    def settle(self, folder: str) -> None:
        """The server gives rights as it likes."""

    def rename(self, old: str, new: str) -> None:
        """In one step."""
        with self._share() as share:
            share.rename(self._path(old), self._path(new), port=self._port)

    def remove(self, name: str) -> None:
        """A link is removed, not followed."""
        from smbclient.path import isdir, islink
        from smbclient.shutil import rmtree

        with self._share() as share:
            path = self._path(name)
            if isdir(path, port=self._port) and not islink(path, port=self._port):
                rmtree(path, port=self._port)
            else:
                share.remove(path, port=self._port)

    def touch(self, name: str) -> None:
        """An empty file."""
        with self._share() as share, share.open_file(self._path(name), mode="wb", port=self._port):
            pass

    def _path(self, *names: str) -> str:
        return "\\".join((self._root, *names))

    @contextmanager
    def _share(self) -> Iterator[Any]:
        """The library, connected. What it raises is an OSError that says what to do."""
        try:
            import smbclient
            from smbprotocol.exceptions import LogonFailure, SMBAuthenticationError, SMBException
        except ImportError as error:
            log.warning("smbprotocol: %s", type(error).__name__)
            raise Unreached(errno.ENOSYS, "smb:// needs the library smbprotocol") from None
        try:
            smbclient.register_session(
                self._server,
                port=self._port,
                encrypt=self._encrypt,
                connection_timeout=CONNECT_SECONDS,
                **self._login,
            )
            yield smbclient
        except OSError as error:  # the library's own, which Python does not tell apart by their number
            raise OSError(error.errno, error.strerror) from None
        except (LogonFailure, SMBAuthenticationError):
            raise Unreached(errno.EACCES, "report.smb_user or report.smb_password is refused") from None
        except (SMBException, ValueError) as error:
            log.warning("The server of the share does not answer: %s", type(error).__name__)
            raise Unreached(errno.EHOSTDOWN, "the server does not answer") from None
