"""The verdict on each line, and the accounts that must add up to what was received."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rfm_service.kinds import Kind, Verdict
from rfm_service.records import Account, CleanDay, DayAnswer, Header, Refused, SaleLine, to_json
from rfm_service.settings import Cleaning

KOPECKS = 100


@dataclass(frozen=True)
class Rules:
    """Which lines are not purchases of customers.

    `gift_below` is kopecks; names compare without letter case and extra spaces.
    """

    gift_below: int
    own_companies: Sequence[str]
    anonymous_buyers: Sequence[str]
    require_site_id: bool

    @property
    def fingerprint(self) -> str:
        """Equal rules, equal fingerprint."""
        parts = (self.gift_below, sorted(self.own_companies), sorted(self.anonymous_buyers), self.require_site_id)
        return hashlib.sha256(to_json(parts).encode()).hexdigest()[:16]


def rules_of(settings: Cleaning) -> Rules:
    """The rules that the settings describe."""
    return Rules(
        gift_below=settings.gift_below * KOPECKS,
        own_companies=settings.own_companies,
        anonymous_buyers=settings.anonymous_buyers,
        require_site_id=settings.require_site_id,
    )


def clean(answer: DayAnswer, rules: Rules) -> CleanDay:
    """A verdict on every line of a day; nothing is dropped."""
    verdicts = _verdicts(answer.lines, rules)
    return CleanDay(answer, verdicts, _accounts(answer.lines, verdicts, answer.refused), rules.fingerprint)


def _verdicts(lines: list[SaleLine], rules: Rules) -> list[Verdict]:
    own = {_folded(name) for name in rules.own_companies} - {""}
    anonymous = {_folded(name) for name in rules.anonymous_buyers} - {""}
    headers = {
        id(header): _verdict_on_header(header, own, anonymous, rules.require_site_id)
        for header in {id(line.header): line.header for line in lines}.values()
    }
    gift_below, sale, accepted, gift = rules.gift_below, Kind.SALE, Verdict.ACCEPTED, Verdict.GIFT
    return [
        headers[id(line.header)] or (gift if line.amount < gift_below and line.header.kind is sale else accepted)
        for line in lines
    ]


def _verdict_on_header(header: Header, own: set[str], anonymous: set[str], require_site_id: bool) -> Verdict:
    buyer = _folded(header.buyer)
    if buyer in own or _folded(header.contractor) in own:
        return Verdict.OWN_COMPANY
    if header.kind is Kind.OTHER:
        return Verdict.NOT_A_SALE
    if buyer in anonymous:
        return Verdict.ANONYMOUS
    if require_site_id and not header.site_id:
        return Verdict.NO_SITE_ID
    return Verdict.ACCEPTED


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _accounts(lines: list[SaleLine], verdicts: list[Verdict], refused: Iterable[Refused]) -> list[Account]:
    counts: Counter[tuple[int, Verdict]] = Counter()
    amounts: Counter[tuple[int, Verdict]] = Counter()
    for line, verdict in zip(lines, verdicts, strict=True):
        account = (line.header.kind, verdict)
        counts[account] += 1
        amounts[account] += line.amount
    for bad in refused:
        counts[0, bad.verdict] += 1
        amounts[0, bad.verdict] += bad.amount
    return [Account(kind, verdict, counts[kind, verdict], amounts[kind, verdict]) for kind, verdict in sorted(counts)]
