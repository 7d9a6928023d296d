"""What differs between two versions of a day, document by document."""

from collections import defaultdict

from rfm_service.records import Change, DayAnswer, SaleLine

Documents = dict[str, list[tuple[object, ...]]]


def documents_of(answer: DayAnswer) -> Documents:
    """The documents of a day by key, each with the content of its lines. Names of keyed things are no content."""
    documents: defaultdict[str, list[tuple[object, ...]]] = defaultdict(list)
    for line in answer.lines:
        header = line.header
        documents[header.key or f"{header.kind:d}/{header.number}"].append(_content(line))
    return {key: sorted(lines) for key, lines in documents.items()}


def change_of(day: int, before: DayAnswer, after: DayAnswer) -> Change | None:
    """How a day came to differ; None when every document is the same."""
    old, new = documents_of(before), documents_of(after)
    if old == new:
        return None
    return Change(
        day,
        added=len(new.keys() - old.keys()),
        changed=sum(old[key] != new[key] for key in old.keys() & new.keys()),
        removed=len(old.keys() - new.keys()),
        amount_before=before.amount,
        amount_after=after.amount,
    )


def _content(line: SaleLine) -> tuple[object, ...]:
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
