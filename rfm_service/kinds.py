"""The numbers that are stored of a line: its kind, its link, its verdict."""

from enum import IntEnum


class Kind(IntEnum):
    """What a line does to a customer's purchases."""

    SALE = 1
    RETURN = 2
    CORRECTION = 3
    """Changes a sale, in either direction."""
    OTHER = 4
    """Neither sells nor takes back: a transfer between own companies, a cost."""


class Link(IntEnum):
    """How it is known which sale a return or a correction is about, surest first. The numbers are stored."""

    NONE = 0
    ROW = 1
    HEADER = 2
    RECEIPT = 3
    ORDER = 4
    INFERRED = 5


class Verdict(IntEnum):
    """What cleaning says of a line. The numbers are stored: never renumber."""

    ACCEPTED = 0
    GIFT = 1
    OWN_COMPANY = 2
    ANONYMOUS = 3
    NO_SITE_ID = 4
    NOT_A_SALE = 5
    INCOMPLETE = 10
    MALFORMED = 11
