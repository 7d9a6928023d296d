"""Texts that can only be texts: in the page's HTML, in plotly's labels, in its JSON.

Names of customers and products come from outside. They may hold markup, script, marks that turn the direction of
writing, or millions of characters.
"""

import json
import re
from html import escape
from typing import Any

LONGEST = 300  # characters that anybody reads
BLANKS = re.compile(r"[^\S\u00a0\u202f]+")  # all but those that hold a sum together
KEPT = "\u00a0\u202f"
SCRIPT_SIGNS = {sign: f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def shown(text: object, most: int = LONGEST) -> str:
    """One line of what can be seen, its end left out where it is longer than `most` characters."""
    line = BLANKS.sub(" ", str("" if text is None else text)[: 10 * most]).strip()
    seen = "".join(sign for sign in line if sign.isprintable() or sign in KEPT)
    return seen if len(seen) <= most else f"{seen[: most - 1].rstrip()}…"


def html(text: object, most: int = LONGEST) -> str:
    """The text for the page: markup in it is shown, not obeyed."""
    return escape(shown(text, most))


def label(text: object, most: int = LONGEST) -> str:
    """The text for a picture: plotly reads tags and entities in every label, so they are taken from it."""
    return escape(shown(text, most), quote=False)


def script_json(value: Any) -> str:
    """JSON that can stand inside a `<script>`: nothing in it ends the script or begins a comment."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return "".join(SCRIPT_SIGNS.get(sign, sign) for sign in text)
