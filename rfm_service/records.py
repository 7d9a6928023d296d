"""The words of the house as plain values.

Money is integer kopecks, quantity is integer thousandths of a unit, a day is days since 1970-01-01.
"""

from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

import msgspec

from rfm_service.kinds import Kind, Link, Verdict


class Header(msgspec.Struct, frozen=True, gc=False):
    """What the lines of one document, order and base have in common. Empty text and -1 mean "not given".

    The keys are the ERP's own and never change; a source that has none makes `key` of kind, number and year, and leaves
    the others empty. `base_key` is of the sale that a return or a correction is about, `base_link` says where it was
    found: in the row, in the header, on the receipt.
    """

    kind: Kind
    number: str
    day: int
    order_number: str
    order_day: int
    buyer: str
    contractor: str
    site_id: str
    address: str
    key: str = ""
    order_key: str = ""
    buyer_key: str = ""
    base_key: str = ""
    base_link: Link = Link.NONE


class SaleLine(msgspec.Struct, frozen=True, gc=False):
    """One row of a document.

    `quantity` and `amount` of a sale or a return are never negative: `header.kind` says which way they count. Those of
    a correction, or of what is neither, are signed. The keys are the ERP's own, or empty; so is an unknown category.
    """

    header: Header
    product: str
    feature: str
    quantity: int
    amount: int
    product_key: str = ""
    feature_key: str = ""
    product_category: str = ""

    @property
    def signed_amount(self) -> int:
        """The kopecks as they count in the ERP's own total."""
        return -self.amount if self.header.kind is Kind.RETURN else self.amount


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

    @property
    def received(self) -> int:
        """How many lines came, read or refused."""
        return len(self.lines) + len(self.refused)

    @property
    def amount(self) -> int:
        """Kopecks of all lines, whichever way they count."""
        return sum(line.amount for line in self.lines) + sum(bad.amount for bad in self.refused)


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
    """A customer's card in the ERP. Empty text means "not given"; without a key the name is the key."""

    name: str
    email: str
    category: str
    manager: str = ""
    key: str = ""


class Change(msgspec.Struct, frozen=True):
    """How a known day came to differ: documents and kopecks (of all lines, whichever way they count)."""

    day: int
    added: int
    changed: int
    removed: int
    amount_before: int
    amount_after: int


class Cause(StrEnum):
    """Why a customer is in another segment than in the last report. Each movement has one."""

    BOUGHT = "bought"
    SILENT = "silent"
    """Recency grew past a border."""
    LEFT_HORIZON = "left_horizon"
    """An order grew too old to count."""
    RETURNED = "returned"
    CORRECTED = "corrected"
    """The past was changed in the ERP."""
    BORDER = "border"
    """The border moved, or the scheme was changed: the customer did nothing."""


class Evidence(msgspec.Struct, frozen=True):
    """A document behind a movement. `amount` is kopecks; of a correction `amount_before` what it was."""

    kind: Kind
    number: str
    day: int
    amount: int
    amount_before: int | None = None


class Update(NamedTuple):
    """What somebody wrote to the bot, or the `data` of a button pressed. `sent_at` is Unix seconds, 0 where unknown.

    `private` and a text or data only when it is a person's own word in a private chat; anything else is odd, and empty.
    """

    update_id: int
    user_id: int
    chat_id: int
    private: bool
    text: str
    data: str
    callback_id: str
    sent_at: int


class Button(msgspec.Struct, frozen=True):
    """A button under a message. `data` comes back when it is pressed: 64 bytes at most."""

    label: str
    data: str


class Lane(IntEnum):
    """What overtakes what on the way out, smallest first."""

    ANSWER = 0
    ALERT = 1
    NEWS = 2


class Message(msgspec.Struct, frozen=True):
    """A message for the admin. `attachment` is the path of a file to send with it, or empty.

    Messages of one topic are told together when they come too often; without a topic each is told.
    """

    text: str
    attachment: str = ""
    lane: Lane = Lane.NEWS
    topic: str = ""
    buttons: list[Button] = []
    menu: list[list[str]] = []


def to_json(value: Any) -> str:
    """A record as the journal keeps it."""
    return msgspec.json.encode(value).decode()
