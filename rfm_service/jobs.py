"""What steps are given: small values that travel to a worker process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rfm_service.clock import Horizon
from rfm_service.home import Home
from rfm_service.receipts import Receipt
from rfm_service.records import Message
from rfm_service.sources.files.mapping import Mapping


@dataclass(frozen=True)
class Job:
    """What a step of a night is given. `receipts` are of the steps before it."""

    home: Home
    run_id: str
    reference_day: int
    receipts: dict[str, Receipt] = field(default_factory=dict)

    @property
    def horizon(self) -> Horizon:
        """The window of this night."""
        return Horizon(self.reference_day, self.home.settings.night.horizon_days)

    @property
    def work(self) -> Path:
        """The run's tables."""
        return self.home.work(self.run_id)

    @property
    def spool(self) -> Path:
        """The run's finished report."""
        return self.home.spool(self.run_id)


@dataclass(frozen=True)
class Backfill:
    """Read these days, whatever the ledger says."""

    home: Home
    days: Sequence[int]


@dataclass(frozen=True)
class Import:
    """Put the days of these files into the store; `replace`: also in the place of days that the ERP gave.

    `fingerprint` is of the files and of how they are read: equal ones are taken up where they were left.
    """

    home: Home
    files: Sequence[Path]
    mapping: Mapping
    fingerprint: str
    replace: bool

    @property
    def gathered(self) -> Path:
        """Where the days are gathered."""
        return self.home.imports / f"{self.fingerprint}.db"

    @property
    def origin(self) -> str:
        """How the ledger names the files."""
        first, *others = self.files
        return f"{first.name}{f' +{len(others)}' if others else ''} {self.fingerprint[:16]}"


@dataclass(frozen=True)
class Export:
    """Write tables for other programs into a folder; measures and segments are those of a night of `reference_day`."""

    home: Home
    folder: Path
    form: str
    reference_day: int
    days: range


@dataclass(frozen=True)
class Check:
    """Check a home's store; `mend`: derive again what is derived."""

    home: Home
    mend: bool = False


@dataclass(frozen=True)
class Extract:
    """Classify the customers of a day by the scheme in a file, into an output file."""

    home: Home
    reference_day: int
    scheme: Path
    output: Path

    @property
    def horizon(self) -> Horizon:
        """The window of that day."""
        return Horizon(self.reference_day, self.home.settings.night.horizon_days)


@dataclass(frozen=True)
class Preview:
    """Compare a proposed scheme with the current one on a day."""

    home: Home
    reference_day: int
    current: Path
    proposed: Path

    @property
    def horizon(self) -> Horizon:
        """The window of that day."""
        return Horizon(self.reference_day, self.home.settings.night.horizon_days)


@dataclass(frozen=True)
class Delivery:
    """Publish the report of a run as `folder/name`."""

    home: Home
    run_id: str
    folder: str
    name: str
    digests: dict[str, str]
    """SHA-256 of the files as they were written, by name."""
    reached: bool
    """Whether a report has arrived there before."""


@dataclass(frozen=True)
class Trial:
    """Try the folders of a home."""

    home: Home


@dataclass(frozen=True)
class Post:
    """Send what is due by this channel at this moment."""

    home: Home
    channel: str
    moment: datetime


@dataclass(frozen=True)
class Alarm:
    """Say this to people, past the outbox."""

    home: Home
    message: Message


@dataclass(frozen=True)
class Watch:
    """Listen to the admins for so many seconds."""

    home: Home
    seconds: float
