"""The log: JSON lines in one rotated file, written by one process, secrets masked."""

import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from pythonjsonlogger.json import JsonFormatter

from rfm_service.disk import drop_ballast, make_private
from rfm_service.errors import FolderUnusable
from rfm_service.settings import Log

FIELDS = "%(asctime)s %(levelname)s %(name)s %(message)s"
NAMES = {"asctime": "time", "levelname": "level", "name": "logger"}
PLAIN = "%(levelname)-7s %(message)s"
MASK = "***"
SHORTEST_NAME = 4
LONG_ENOUGH = 8
"""A shorter secret is masked where it stands alone: in a path or a word it is none, and the log would suffer."""


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
    masked = _pattern_of(secrets)
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


def erase_from_logs(folder: Path, texts: Iterable[str], placeholder: str) -> None:
    """Write a placeholder where a text stands in log files: it should stand nowhere, but libraries may quote it.

    A number or a very short text is erased where it stands in quotation marks, or nothing could be read any more.
    """
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _PatientFileHandler):
            handler.shut()  # it is opened again for the next line
    wanted = re.compile("|".join(_erasable(form) for form in _longest_first(_forms(texts))).encode("utf-8", "replace"))
    for file in folder.glob(f"{log_file(folder).name}*"):
        content = file.read_bytes()
        if wanted.search(content):
            part = file.with_name(f".{file.name}.part")
            part.write_bytes(wanted.sub(placeholder.encode(), content))
            part.replace(file)


def _forms(texts: Iterable[str]) -> set[str]:
    """The texts as they may stand in a log: as they are, quoted for addresses, escaped by Python, or JSON, or twice."""
    plain = {form for text in texts for form in (text, repr(text)[1:-1], *_in_address(text))}
    once = {form for text in plain for form in _in_json(text)}
    twice = {form for text in once for form in _in_json(text)}
    return (plain | once | twice) - {""}


def _in_address(text: str) -> tuple[str, str]:
    return quote(text, safe="", errors="replace"), quote_plus(text, errors="replace")


def _in_json(text: str) -> tuple[str, str]:
    return json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]


def _longest_first(forms: Iterable[str]) -> list[str]:
    return sorted(forms, key=lambda form: (-len(form), form))


def _erasable(form: str) -> str:
    worth_looking_for = len(form) >= SHORTEST_NAME and not form.isdecimal()
    return re.escape(form) if worth_looking_for else rf"""(?<=["'«]){re.escape(form)}(?=\\*["'»])"""


def _pattern_of(secrets: Iterable[str]) -> re.Pattern[str]:
    """What finds the secrets in a text."""
    rules = (
        re.escape(form) if len(form) >= LONG_ENOUGH else rf"""(?<![\w./\\-]){re.escape(form)}(?![\w/-]|\\+[^"'\\])"""
        for form in _longest_first(_forms(secrets))
    )
    return re.compile("|".join(rules) or r"(?!)")


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
    """Masks before JSON puts its marks into the texts: what stands in them is found as it was written."""

    def __init__(self, secrets: re.Pattern[str]) -> None:
        super().__init__(FIELDS, datefmt="%Y-%m-%dT%H:%M:%SZ", rename_fields=NAMES, json_ensure_ascii=False)
        self._secrets = secrets
        self.converter = time.gmtime

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        return {name: self._masked(value) for name, value in log_data.items()}

    def _masked(self, value: Any) -> Any:
        is_plain = value is None or isinstance(value, int | float)
        return value if is_plain else self._secrets.sub(MASK, str(value))


class _MaskingPlain(logging.Formatter):
    def __init__(self, secrets: re.Pattern[str]) -> None:
        super().__init__(PLAIN)
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return self._secrets.sub(MASK, super().format(record))
