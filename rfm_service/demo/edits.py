"""What the people in the shop's office do to documents afterwards: one random edit at a time."""

from collections.abc import Callable
from random import Random

from msgspec.structs import replace

from rfm_service.clock import date_of
from rfm_service.demo.book import Book
from rfm_service.demo.documents import Document, Line


def edit(book: Book, rng: Random) -> str:
    """Make one random edit of a book that has documents. Returns what was done, for the log of a rig.

    No document ends up after the last day of the book; a draft is posted only if there is one.
    """
    possible = [*EDITS, post_again] if book.drafts else EDITS
    return rng.choice(possible)(book, rng)


def sell_more(book: Book, rng: Random) -> str:
    """A new document like an old one, on the last day."""
    return _copied(book, rng, book.days[-1])


def back_date(book: Book, rng: Random) -> str:
    """A new document like an old one, on some day of the past."""
    return _copied(book, rng, rng.choice(book.days))


def delete(book: Book, rng: Random) -> str:
    """A document is gone for good."""
    document = _any(book, rng)
    book.remove(document)
    return f"deleted {_told(document)}"


def unpost(book: Book, rng: Random) -> str:
    """A document becomes a draft."""
    document = _any(book, rng)
    book.unpost(document)
    return f"unposted {_told(document)}"


def post_again(book: Book, rng: Random) -> str:
    """A draft is posted."""
    draft = rng.choice(list(book.drafts.values()))
    book.post(draft)
    return f"posted {_told(draft)}"


def change_sums(book: Book, rng: Random) -> str:
    """Other quantities and sums in every line."""
    document = _any(book, rng)
    times = rng.choice((2, 3, 10))
    return _reposted(book, document, replace(document, lines=tuple(_times(line, times) for line in document.lines)))


def drop_line(book: Book, rng: Random) -> str:
    """One line less, unless it is the only one."""
    document = _any(book, rng)
    place = rng.randrange(len(document.lines))
    lines = document.lines[:place] + document.lines[place + 1 :]
    return _reposted(book, document, replace(document, lines=lines or document.lines))


def move(book: Book, rng: Random) -> str:
    """Another day: near by, in another month, or long ago."""
    document = _any(book, rng)
    day = document.day + rng.choice((-200, -40, -7, -1, 1, 7, 40))
    return _reposted(book, document, replace(document, day=max(book.days[0], min(day, book.days[-1]))))


def renumber(book: Book, rng: Random) -> str:
    """Another number."""
    document = _any(book, rng)
    return _reposted(book, document, replace(document, number=_number(rng)))


def rename(book: Book, rng: Random) -> str:
    """Another name for a buyer, everywhere."""
    document = _any(book, rng)
    name = f"{document.buyer} ({rng.randint(2, 99)})"
    book.rename(document.buyer_key, name)
    return f"renamed {document.buyer} to {name}"


def change_buyer(book: Book, rng: Random) -> str:
    """A document turns out to be another buyer's."""
    document, other = _any(book, rng), _any(book, rng)
    buyer = {"buyer": other.buyer, "buyer_key": other.buyer_key, "contractor": other.contractor}
    return _reposted(book, document, replace(document, site_id=other.site_id, **buyer))


EDITS: list[Callable[[Book, Random], str]] = [
    sell_more,
    back_date,
    delete,
    unpost,
    change_sums,
    drop_line,
    move,
    renumber,
    rename,
    change_buyer,
]


def _any(book: Book, rng: Random) -> Document:
    return rng.choice(book.of_day(rng.choice(book.days)))


def _copied(book: Book, rng: Random, day: int) -> str:
    copy = replace(_any(book, rng), number=_number(rng), day=day, key="")
    book.post(copy)
    return f"posted {_told(copy)}"


def _reposted(book: Book, document: Document, corrected: Document) -> str:
    return f"changed {_told(document)} to {_told(book.repost(document, corrected))}"


def _times(line: Line, times: int) -> Line:
    return replace(line, quantity=line.quantity and line.quantity * times, amount=line.amount and line.amount * times)


def _number(rng: Random) -> str:
    return f"УТ-Д{rng.randrange(10**6):06}"


def _told(document: Document) -> str:
    what = f"{document.kind.name.lower()} {document.number} of {date_of(document.day)}"
    return f"{what}: {document.buyer}, {len(document.lines)} lines, {document.amount} kopecks"
