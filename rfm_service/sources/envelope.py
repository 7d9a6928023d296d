"""From the bytes of an answer to its rows. What is not a list of rows is an error, never "no sales"."""

import logging
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from rfm_service.errors import BadAnswer

ROWS = ("data", "rows", "value", "result")
ERRORS = ("error", "odata.error", "exception", "Ошибка")
NOTHING = {b"null", b"false", b"0", b'""', b"[]", b"{}"}
STRINGS = 2
BOM = b"\xef\xbb\xbf"
BLANKS = bytes(max(byte, 0x20) for byte in range(256))
RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)
MARKUP = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)

log = logging.getLogger(__name__)


def rows_of(body: bytes) -> list[msgspec.Raw]:
    """The rows of an answer, each as raw JSON.

    Met in the wild: `{"data": "<a JSON string>"}`, the list itself under `data`, `rows`, `value` or `result`, a bare
    list; BOM outside and inside; cp1251; control characters inside strings. Raises BadAnswer for anything else: a page,
    an error envelope, nothing at all.
    """
    text = _bare(body)
    if not text:
        raise BadAnswer("The ERP answered 200 with an empty body.")
    if text.startswith(b"<"):
        raise BadAnswer("The ERP answered a web page instead of data: {0}", gist(text))
    try:
        rows: list[msgspec.Raw] = _decoded(_unwrapped(text, STRINGS), list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadAnswer("The ERP's answer is not the JSON we know: it is broken, or no list of lines.") from None
    return rows


def text_of(body: bytes) -> str:
    """UTF-8, or cp1251 where there are more Russian letters in it so."""
    text = body.decode("utf-8", "replace")
    if text.count("\ufffd") > len(RUSSIAN.findall(text)):
        return body.decode("cp1251", "replace")
    return text


def gist(body: bytes | str) -> str:
    """The words of a page or an error, in one short line."""
    words = MARKUP.sub(" ", body if isinstance(body, str) else text_of(body))
    return " ".join(words.split())[:200]


def _bare(text: bytes) -> bytes:
    return text.removeprefix(BOM).strip()


def _in_utf8(text: bytes) -> bytes:
    """The text, re-coded when it is cp1251. A letter broken here or there spoils its own row only."""
    try:
        text.decode()
    except UnicodeDecodeError:
        decoded = text_of(text)
        if "\ufffd" not in decoded:
            log.warning("The ERP's answer is in cp1251, whatever its header says.")
            return decoded.encode()
    return text


def _unwrapped(text: bytes, strings: int) -> bytes:
    if text.startswith(b'"') and strings:
        return _unwrapped(_bare(_decoded(text, str).encode()), strings - 1)
    if text.startswith(b"{"):
        return _unwrapped(_rows_in(_decoded(text, dict[str, msgspec.Raw])), strings)
    return text if strings < STRINGS else _in_utf8(text)  # a string is checked when it is unwrapped


def _rows_in(fields: Mapping[str, msgspec.Raw]) -> bytes:
    """What stands under the name of rows. Of an error its text is quoted, of anything else only the names."""
    found = {name: bytes(value) for name, value in fields.items()}
    for name in ERRORS:
        if found.get(name, b"null") not in NOTHING:
            raise BadAnswer("The ERP answered with an error instead of data: {0}", gist(found[name]))
    for name in ROWS:
        if found.get(name, b"null") not in {b"null", b'""'}:
            return found[name]
    raise BadAnswer("The ERP answered without data; its fields are: {0}.", ", ".join(fields)[:200] or "-")


def _decoded(text: bytes, kind: Any) -> Any:
    """Strict JSON, but for control characters, which become blanks, and for cp1251."""
    try:
        return msgspec.json.decode(text, type=kind)
    except UnicodeDecodeError:
        return msgspec.json.decode(_in_utf8(text), type=kind)
    except msgspec.DecodeError:
        return msgspec.json.decode(text.translate(BLANKS), type=kind)
