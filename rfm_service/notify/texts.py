"""Strangers' texts on their way to people: nothing in them may hide, turn round or break what is around them."""

import re

LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def readable(text: str) -> str:
    """One kind of line end, no control characters or changes of direction; a lone half of a surrogate pair is `?`."""
    return UNSEEN.sub("", LINE_ENDS.sub("\n", text)).encode("utf-16-le", "replace").decode("utf-16-le")


def shortened(text: str, units: int) -> str:
    """At most so many UTF-16 units, as Telegram counts; what is cut ends with `…`, between lines where that is near."""
    encoded = text.encode("utf-16-le")
    if len(encoded) <= 2 * units:
        return text
    kept = encoded[: 2 * (units - 1)].decode("utf-16-le", "ignore")
    whole_lines = kept.rpartition("\n")[0]
    return (whole_lines + "\n" if 2 * len(whole_lines) > len(kept) else kept) + "…"
