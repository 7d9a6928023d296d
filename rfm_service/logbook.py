"""The log: JSON lines in one rotated file, written by one process, secrets masked."""

import logging
import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import quote

from pythonjsonlogger.json import JsonFormatter

from rfm_service.disk import drop_ballast, make_private
from rfm_service.errors import FolderUnusable
from rfm_service.settings import Log

FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"
NAMES = {"asctime": "time", "levelname": "level", "name": "logger"}
PLAIN = "%(levelname)-7s %(message)s"
MASK = "***"


def log_file(folder: Path) -> Path:
    """Where the log is."""
    return folder / "service.log"


def open_log(folder: Path, settings: Log, secrets: Iterable[str], console: bool, ballast: Path) -> None:
    """Send everything that is logged to the file; with `console` also to standard error, as plain lines.

    `ballast`: a file that is let go when there is no room for a line.
    """
    try:
        make_private(folder)
    except OSError as error:
        raise FolderUnusable("There can be no log in {0}: {1}.", str(folder), error.strerror or "?") from None
    masked = [form for secret in secrets for form in (secret, quote(secret, safe=""))]
    file = _PatientFileHandler(
        log_file(folder), maxBytes=settings.max_mib << 20, backupCount=settings.keep, encoding="utf-8", delay=True
    )
    file.ballast = ballast
    file.setFormatter(_MaskingJson(masked))
    handlers: list[logging.Handler] = [file]
    if console:
        plain = logging.StreamHandler(sys.stderr)
        plain.setFormatter(_MaskingPlain(masked))
        handlers.append(plain)
    logging.basicConfig(level=settings.level, handlers=handlers, force=True)
    logging.getLogger("urllib3").setLevel(logging.WARNING)  # its DEBUG lines hold the bot's token
    logging.captureWarnings(True)


def erase_from_logs(folder: Path, text: str, placeholder: str) -> None:
    """Write a placeholder where the text stands in log files: it should stand nowhere, but libraries may quote it."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _PatientFileHandler):
            handler.shut()  # it is opened again for the next line
    for file in folder.glob(f"{log_file(folder).name}*"):
        content = file.read_bytes()
        if text.encode() in content:
            part = file.with_name(f".{file.name}.part")
            part.write_bytes(content.replace(text.encode(), placeholder.encode()))
            part.replace(file)


class _PatientFileHandler(RotatingFileHandler):
    """Rotation waits when somebody (an editor on Windows) holds the file. A full disk does not silence it.

    What the disk does not take goes to standard error, and how much it was is said in the file when there is room.
    """

    ballast: Path
    unsaid = 0

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._write(record)
        except OSError:
            drop_ballast(self.ballast)
            self._say_elsewhere(record)
        except Exception:  # noqa: BLE001  a record that cannot be worded: logging says which
            self.handleError(record)

    def _say_elsewhere(self, record: logging.LogRecord) -> None:
        try:
            self.shut()
            self._write(record)
        except OSError:
            self.shut()
            self.unsaid += 1
            print(self.format(record), file=sys.stderr)

    def _write(self, record: logging.LogRecord) -> None:
        text = self.format(record) + self.terminator
        self._find_again()
        if self.shouldRollover(record):
            self.doRollover()
        self.stream = self.stream or self._open()
        self.stream.write(self._gap() + text)
        self.stream.flush()
        self.unsaid = 0

    def _find_again(self) -> None:
        """A file that was deleted or moved under us is made anew, with its folder."""
        path = Path(self.baseFilename)
        if self.stream and not (path.exists() and os.path.samestat(path.stat(), os.fstat(self.stream.fileno()))):
            self.shut()
        if not self.stream:
            make_private(path.parent)

    def _gap(self) -> str:
        """What to say first after some records found no room: the last of them may stand there in part."""
        if not self.unsaid:
            return ""
        words = {"name": __name__, "levelname": "WARNING", "msg": f"{self.unsaid} records before found no room."}
        return self.terminator + self.format(logging.makeLogRecord(words)) + self.terminator

    def shut(self) -> None:
        """Let go of the file."""
        if self.stream:
            with suppress(OSError):  # what it still holds finds no room either
                self.stream.close()
        self.stream = None

    def doRollover(self) -> None:  # noqa: N802  the library's name
        try:
            super().doRollover()
        except PermissionError:
            self.stream = self._open()


class _MaskingJson(JsonFormatter):
    def __init__(self, secrets: list[str]) -> None:
        super().__init__(FIELDS, datefmt="%Y-%m-%dT%H:%M:%SZ", rename_fields=NAMES, json_ensure_ascii=False)
        self._secrets = secrets
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        return _masked(super().format(record), self._secrets)


class _MaskingPlain(logging.Formatter):
    def __init__(self, secrets: list[str]) -> None:
        super().__init__(PLAIN)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return _masked(super().format(record), self._secrets)


def _masked(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text
