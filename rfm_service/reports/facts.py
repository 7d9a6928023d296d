"""The facts about a report, besides its tables. Light: no pandas here."""

import msgspec

from rfm_service.receipts import WaterfallRow

FACTS = "facts.json"


class SegmentStyle(msgspec.Struct, frozen=True):
    """How a segment looks to people: `title` and `advice` in the report's language, `color` as #rrggbb."""

    key: str
    title: str
    advice: str
    color: str


class SchemeStyle(msgspec.Struct, frozen=True):
    """Another scheme beside the two main ones, and the column of the customers' table with its segments."""

    column: str
    title: str
    segments: list[SegmentStyle]


class Facts(msgspec.Struct, frozen=True):
    """What the summary says besides the tables. Days are day numbers, `segments` and `tiers` in order of display.

    links: how the returns found their sales, by the names of kinds.Link in lower case. soon_days, quiet_days: of the
    settings for calls.
    """

    run_id: str
    reference_day: int
    first_day: int
    last_day: int
    language: str
    segment_title: str
    tier_title: str
    segments: list[SegmentStyle]
    tiers: list[SegmentStyle]
    others: list[SchemeStyle]
    waterfall: list[WaterfallRow]
    links: list[WaterfallRow]
    warnings: list[str]
    scheme_hash: str
    fingerprint: str
    soon_days: int = 7
    quiet_days: int = 14
