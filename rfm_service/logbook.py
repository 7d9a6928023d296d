"""The log: JSON lines in one rotated file, written by one process, secrets masked."""

import logging
import sys
import time
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import quote

from pythonjsonlogger.json import JsonFormatter

from rfm_service.errors import FolderUnusable
from rfm_service.settings import Log

FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"
NAMES = {"asctime": "time", "levelname": "level", "name": "logger"}
PLAIN = "%(levelname)-7s %(message)s"
MASK = "***"


def log_file(folder: Path) -> Path:
    """Where the log is."""
    return folder / "service.log"


def open_log(folder: Path, settings: Log, secrets: Iterable[str], console: bool) -> None:
    """Send everything that is logged to the file; with `console` also to standard error, as plain lines."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderUnusable("There can be no log in {0}: {1}.", str(folder), error.strerror or "?") from None
    masked = [form for secret in secrets for form in (secret, quote(secret, safe=""))]
    file = _PatientFileHandler(
        log_file(folder), maxBytes=settings.max_mib << 20, backupCount=settings.keep, encoding="utf-8", delay=True
    )
    file.setFormatter(_MaskingJson(masked))
    handlers: list[logging.Handler] = [file]
    if console:
        plain = logging.StreamHandler(sys.stderr)
        plain.setFormatter(_MaskingPlain(masked))
        handlers.append(plain)
    logging.basicConfig(level=settings.level, handlers=handlers, force=True)
    logging.getLogger("urllib3").setLevel(logging.WARNING)  # its DEBUG lines hold the bot's token
    logging.captureWarnings(True)


class _PatientFileHandler(RotatingFileHandler):
    """Rotation waits when somebody (an editor on Windows) holds the file."""

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
