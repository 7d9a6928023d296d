"""The words of the house as plain values.

Money is integer kopecks, quantity is integer thousandths of a unit, a day is days since 1970-01-01.
"""

from enum import IntEnum
from typing import Any

import msgspec


class Kind(IntEnum):
    """What a line does to a customer's purchases."""

    SALE = 1
    RETURN = 2


class Verdict(IntEnum):
    """What cleaning says of a line. The numbers are stored: never renumber."""

    ACCEPTED = 0
    GIFT = 1
    OWN_COMPANY = 2
    ANONYMOUS = 3
    NO_SITE_ID = 4
    INCOMPLETE = 10
    MALFORMED = 11


class Header(msgspec.Struct, frozen=True, gc=False):
    """What the lines of one document and order have in common. Empty text and -1 mean "not given"."""

    kind: Kind
    number: str
    day: int
    order_number: str
    order_day: int
    buyer: str
    contractor: str
    site_id: str
    address: str


class SaleLine(msgspec.Struct, frozen=True, gc=False):
    """One row of a document. `quantity` and `amount` are never negative: `header.kind` says which way they count."""

    header: Header
    product: str
    feature: str
    quantity: int
    amount: int


class Refused(msgspec.Struct, frozen=True):
    """A line that could not be read, kept whole.

    `field` is our name of the field at fault; `amount` is kopecks where it could be read, else 0;
    `raw` is the line's JSON.
    """

    verdict: Verdict
    field: str
    amount: int
    raw: str


class DayAnswer(msgspec.Struct, frozen=True):
    """A complete day as the source delivered it. `sha256` is of the rows as sent: equal means unchanged."""

    day: int
    lines: list[SaleLine]
    refused: list[Refused]
    sha256: str


class Account(msgspec.Struct, frozen=True):
    """Lines and kopecks of one kind and verdict on one day. The accounts of a day add up to what was received."""

    kind: int
    verdict: Verdict
    lines: int
    amount: int


class CleanDay(msgspec.Struct, frozen=True):
    """A day after cleaning: `verdicts[i]` is of `answer.lines[i]`; `rules` is the fingerprint of the rules applied."""

    answer: DayAnswer
    verdicts: list[Verdict]
    accounts: list[Account]
    rules: str


class Buyer(msgspec.Struct, frozen=True):
    """A customer's card in the ERP. Empty text means "not given"."""

    name: str
    email: str
    category: str


class WaterfallRow(msgspec.Struct, frozen=True):
    """One step from the gross total to the analysed total. `amount` is kopecks, negative where it is taken away."""

    key: str
    lines: int
    amount: int


class SegmentFigure(msgspec.Struct, frozen=True):
    """What the summary says of one segment or tier. `title` is in the language of the settings."""

    key: str
    title: str
    customers: int
    amount: int


class _Receipt(msgspec.Struct, frozen=True, tag=True):
    """What a step leaves in the journal: small figures, no tables. Data move through the store and files."""


class SyncReceipt(_Receipt, frozen=True):
    """`sync_sales`. `lines` and `malformed` are of the days that were new or had changed."""

    days_read: int
    days_changed: int
    lines: int
    malformed: int
    days_judged_again: int
    buyers: int


class ClassifyReceipt(_Receipt, frozen=True):
    """`classify_customers`. `monetary` is kopecks; the hashes name the schemes and the data that went in."""

    customers: int
    orders: int
    monetary: int
    segments: list[SegmentFigure]
    tiers: list[SegmentFigure]
    waterfall: list[WaterfallRow]
    warnings: list[str]
    scheme_hash: str
    fingerprint: str


class FilesReceipt(_Receipt, frozen=True):
    """`draw_charts` and `write_workbook`: names of the files, and the totals they show (`key` → kopecks or counts)."""

    files: list[str]
    totals: dict[str, int]


class CheckReceipt(_Receipt, frozen=True):
    """`check_totals`: how many pairs of numbers were compared."""

    compared: int


class SpoolReceipt(_Receipt, frozen=True):
    """`spool_report` and `publish_report`: the files of the report."""

    files: list[str]


class SentReceipt(_Receipt, frozen=True):
    """`send_message`: it arrived."""


class VerifyReceipt(_Receipt, frozen=True):
    """`verify_store`: days checked, what is broken in the file, days that do not add up, rows of orders that differ."""

    days: int
    damages: list[str]
    unbalanced_days: list[int]
    wrong_orders: int

    @property
    def sound(self) -> bool:
        """Nothing was found."""
        return not (self.damages or self.unbalanced_days or self.wrong_orders)


Receipt = SyncReceipt | ClassifyReceipt | FilesReceipt | CheckReceipt | SpoolReceipt | SentReceipt | VerifyReceipt


class StepReport(msgspec.Struct, frozen=True):
    """How one step went. `seconds` is wall time, `peak_mib` the worker's peak memory (0 where unknown)."""

    step: str
    seconds: float
    peak_mib: int


class Message(msgspec.Struct, frozen=True):
    """A message for the admin. `attachment` is the path of a file to send with it, or empty."""

    text: str
    attachment: str = ""


def to_json(value: Any) -> str:
    """A record as the journal keeps it."""
    return msgspec.json.encode(value).decode()
