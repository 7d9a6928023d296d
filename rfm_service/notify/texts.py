"""Strangers' texts on their way to people: nothing in them may hide, turn round or break what is around them."""

import re

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def readable(text: str) -> str:
    """Without control characters and changes of direction; a lone half of a surrogate pair becomes `?`."""
    return UNSEEN.sub("", text).encode("utf-16-le", "replace").decode("utf-16-le")


def shortened(text: str, units: int) -> str:
    """At most so many UTF-16 units, as Telegram counts; what is cut ends with `…`, between lines where that is near."""
    encoded = text.encode("utf-16-le")
    if len(encoded) <= 2 * units:
        return text
    kept = encoded[: 2 * (units - 1)].decode("utf-16-le", "ignore")
    whole_lines = kept.rpartition("\n")[0]
    return (whole_lines + "\n" if 2 * len(whole_lines) > len(kept) else kept) + "…"
