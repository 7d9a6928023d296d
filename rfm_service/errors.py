"""Every error that the service raises on purpose, grouped by what happens next.

RfmError
├── OperatorError            a person must change something: told at once, never repeated
│   ├── ConfigurationError   the settings, a scheme file or a mapping; exit code 78
│   ├── ErpRefused           the ERP does not let us in, or does not know the address
│   ├── FolderUnusable       a folder that is missing or cannot be written
│   ├── ClockWrong           the machine's clock cannot be right
│   ├── EngineFull           tables that fit neither the engine's memory nor the disk
│   ├── NothingHeld          a day that nobody has to accept
│   ├── NothingKnown         a home in which no night was ever begun
│   ├── BackupUnusable       a backup that is missing or damaged
│   ├── FileUnusable         a file that cannot be read or written as it was asked
│   ├── CustomerUnknown      a name that nobody, or more than one, goes by
│   └── MessageBad           a message that Telegram will never take
├── TransientError           wait and try again
│   ├── ErpUnavailable       no answer, or one that says "later"
│   │   ├── ErpClosed        maintenance: sessions are forbidden; the night waits
│   │   └── AnswerTooHeavy   the ERP chokes on the answer: ask for less
│   ├── DiskFull             no room on the local disk; the night waits
│   ├── EngineAway           no session on the Spark cluster
│   ├── DestinationDead      a chat that cannot be reached; the message is kept
│   └── AlreadyRunning       another process works in this home; exit code 75
├── DoubtfulError            the data cannot be trusted: nothing was stored or published
│   ├── BadAnswer            the ERP answered something that is not a day of sales
│   ├── NothingToReport      no purchase inside the horizon
│   ├── TotalsDisagree       two places that must show one number show two
│   ├── ReportDamaged        a file of the report is not what was written
│   └── StoreDamaged         the database is not what was written: it is set aside, a backup takes its place
│       └── StoreGone        the database is not there any more
└── WorkerEnded              a worker process crashed, was killed or missed its deadline

An error is a sentence with `{0}` braces and the values for them, all positional: so it survives pickle
on its way out of a worker, and is translated where a person reads it. It says what happened, where,
and what to do; it never holds a secret, a URL with credentials or a customer's name.
"""

import traceback
from collections.abc import Callable


class RfmError(Exception):
    """The root: `RfmError(sentence, *values)`."""

    def __str__(self) -> str:
        return self.told(str)

    def told(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language of `translate`, values filled in."""
        sentence, *values = self.args
        return translate(sentence).format(*(_told(value, translate) for value in values))


class OperatorError(RfmError):
    """A person must change something."""


class ConfigurationError(OperatorError):
    """The settings, a scheme file or a mapping are wrong. Nothing was touched."""


class FileUnusable(OperatorError):
    """A file that cannot be read or written as it was asked. Nothing was touched."""


class ErpRefused(OperatorError):
    """The ERP does not let us in, or does not know the address."""


class FolderUnusable(OperatorError):
    """A folder is missing or cannot be written."""


class ClockWrong(OperatorError):
    """The machine's clock cannot be right: no night is begun, nothing is deleted for its age."""


class EngineFull(OperatorError):
    """The tables do not fit into the engine's memory and onto the disk."""


class NothingHeld(OperatorError):
    """No answer is held for that day."""


class NothingKnown(OperatorError):
    """No night was ever begun in this home: there is nothing to look at."""


class BackupUnusable(OperatorError):
    """A backup is missing or damaged. Nothing was touched."""


class CustomerUnknown(OperatorError):
    """Nobody, or more than one, goes by that name. Nothing was touched."""


class MessageBad(OperatorError):
    """Telegram will never take this message, or took the text and not the file: do not repeat it."""


class TransientError(RfmError):
    """Wait and try again."""


class ErpUnavailable(TransientError):
    """The ERP did not answer, or asked to come back later."""


class ErpClosed(ErpUnavailable):
    """The ERP is closed for maintenance. No fault of anybody: the night waits, and says so once."""


class AnswerTooHeavy(ErpUnavailable):
    """The ERP cannot finish the answer, or it is longer than we take: the same question is not asked again."""


class DiskFull(TransientError):
    """There is no room on the local disk. Nothing is lost: the night waits for room."""


class EngineAway(TransientError):
    """The Spark cluster gives us no session. Nothing is lost: the night is tried again."""


class DestinationDead(TransientError):
    """The message is kept: try again; `retry_after` is how many seconds we were asked to wait, 0: not asked."""

    def __init__(self, sentence: str, *values: object, retry_after: float = 0.0) -> None:
        super().__init__(sentence, *values)
        self.retry_after = retry_after


class AlreadyRunning(TransientError):
    """Another process works in this home."""


class DoubtfulError(RfmError):
    """The data cannot be trusted: nothing was stored or published."""


class BadAnswer(DoubtfulError):
    """The ERP answered something that is not a day of sales."""


class NothingToReport(DoubtfulError):
    """There is no purchase inside the horizon."""


class TotalsDisagree(DoubtfulError):
    """Two places that must show one number show two."""


class ReportDamaged(DoubtfulError):
    """A file of the report is not what was written: it is made anew."""


class StoreDamaged(DoubtfulError):
    """The database is not what was written."""


class StoreGone(StoreDamaged):
    """The database is not there any more. It is made only where a home is begun, never in the place of a lost one."""


class WorkerEnded(RfmError):
    """A worker process crashed, was killed or missed its deadline."""


N_ = str
"""Marks a text that is translated where it is read."""

FOREIGN = frozenset(
    (
        N_("Permission denied"),
        N_("Operation not permitted"),
        N_("No such file or directory"),
        N_("File exists"),
        N_("Is a directory"),
        N_("Not a directory"),
        N_("Read-only file system"),
        N_("No space left on device"),
        N_("Disk quota exceeded"),
        N_("Input/output error"),
        N_("Device or resource busy"),
        N_("Too many open files"),
        N_("Stale file handle"),
        N_("Host is down"),
        N_("No route to host"),
        N_("Connection refused"),
        N_("Connection timed out"),
        N_("Connection reset by peer"),
        N_("Network is unreachable"),
        N_("Transport endpoint is not connected"),
        N_("Required key not available"),
        N_("the server does not answer"),
        N_("report.smb_user or report.smb_password is refused"),
        N_("smb:// needs the library smbprotocol"),
        N_("database disk image is malformed"),
        N_("file is not a database"),
        N_("unable to open database file"),
        N_("attempt to write a readonly database"),
        N_("disk I/O error"),
        N_("database is locked"),
        N_("unknown file format"),
        N_("FileNotFoundError"),
        N_("PermissionError"),
        N_("MemoryError"),
        N_("TimeoutError"),
        N_("ReadTimeout"),
        N_("ConnectTimeout"),
        N_("ConnectionError"),
        N_("ConnectionRefusedError"),
        N_("ConnectionResetError"),
        N_("SSLError"),
        N_("ProtocolError"),
        N_("gaierror"),
    )
)
"""What systems and libraries say most often: translated where it is a value of an error."""


def _told(value: object, translate: Callable[[str], str]) -> object:
    if isinstance(value, RfmError):
        return value.told(translate)
    return translate(value) if isinstance(value, str) and value in FOREIGN else value


def sketch_of(error: BaseException) -> str:
    """What people are told of an error that nobody foresaw: its kind and its place. Its text may hold anything."""
    kind, frames = type(error).__name__, traceback.extract_tb(error.__traceback__)
    if not frames:
        return kind
    file = frames[-1].filename.replace("\\", "/").rpartition("/")[2]
    return f"{kind}, {file}:{frames[-1].lineno}"
