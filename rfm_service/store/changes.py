"""What differs between two versions of a day, document by document."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from rfm_service.records import Change, DayAnswer, Header, SaleLine

Documents = dict[str, list[SaleLine]]


class ChangedDocument(NamedTuple):
    """A document that came to differ. `header` is the newest known; amounts are kopecks of all lines, 0 without any."""

    key: str
    header: Header
    amount_before: int
    amount_after: int


def documents_of(answer: DayAnswer) -> Documents:
    """The lines of a day by their document's key."""
    documents: defaultdict[str, list[SaleLine]] = defaultdict(list)
    for line in answer.lines:
        header = line.header
        documents[header.key or f"{header.kind:d}/{header.number}"].append(line)
    return documents


def change_of(day: int, before: DayAnswer, after: DayAnswer) -> tuple[Change, list[ChangedDocument]] | None:
    """How a day came to differ, as a whole and by document; None when every document is the same."""
    old, new = documents_of(before), documents_of(after)
    differing = [key for key in old | new if _content(old.get(key, ())) != _content(new.get(key, ()))]
    if not differing:
        return None
    change = Change(
        day,
        added=len(new.keys() - old.keys()),
        changed=sum(key in old and key in new for key in differing),
        removed=len(old.keys() - new.keys()),
        amount_before=before.amount,
        amount_after=after.amount,
    )
    return change, [_changed(key, old.get(key, []), new.get(key, [])) for key in differing]


def _changed(key: str, old: list[SaleLine], new: list[SaleLine]) -> ChangedDocument:
    return ChangedDocument(
        key, (new or old)[0].header, sum(line.amount for line in old), sum(line.amount for line in new)
    )


def _content(lines: Iterable[SaleLine]) -> list[tuple[object, ...]]:
    """What a document says. Names of keyed things and categories are no content."""
    return sorted(_content_of_line(line) for line in lines)


def _content_of_line(line: SaleLine) -> tuple[object, ...]:
    header = line.header
    return (
        header.kind,
        header.number,
        header.order_key or header.order_number,
        header.order_day,
        header.buyer_key or header.buyer,
        header.site_id,
        header.base_key,
        line.product_key or line.product,
        line.feature_key if line.product_key else line.feature,
        line.quantity,
        line.amount,
    )
