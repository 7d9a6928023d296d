"""From the bytes of an answer to its rows. What is not a list of rows is an error, never "no sales"."""

import re
from collections.abc import Mapping
from typing import NoReturn

import msgspec

from rfm_service.errors import BadAnswer

ERRORS = ("error", "odata.error", "exception", "Ошибка")
BOM = b"\xef\xbb\xbf"
MARKUP = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


def rows_of(body: bytes) -> tuple[list[msgspec.Raw], bytes]:
    """The rows of an answer, each as raw JSON, and the JSON they stand in.

    Met in the wild: `{"data": "<a JSON string>"}`, the list itself under `data`, a bare list; with or without BOM.
    Raises BadAnswer for anything else: a page, an error envelope, nothing at all.
    """
    text = body.removeprefix(BOM).strip()
    if not text:
        raise BadAnswer("The ERP answered 200 with an empty body.")
    if text.startswith(b"<"):
        raise BadAnswer("The ERP answered a web page instead of data: {0}", gist(text))
    try:
        rows = _unwrapped(text)
        return msgspec.json.decode(rows, type=list[msgspec.Raw]), rows
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadAnswer("The ERP's answer is not the JSON we know: it is broken, or no list of lines.") from None


def gist(text: bytes) -> str:
    """The words of a page or an error, in one short line."""
    words = MARKUP.sub(" ", text.decode("utf-8", "replace"))
    return " ".join(words.split())[:200]


def _unwrapped(text: bytes) -> bytes:
    if text.startswith(b"["):
        return text
    fields = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    data = bytes(fields.get("data", b"null"))
    if data in (b"null", b'""'):
        _complain(fields)
    if data.startswith(b'"'):
        return _unwrapped(msgspec.json.decode(data, type=str).encode().removeprefix(BOM).strip())
    return data


def _complain(fields: Mapping[str, msgspec.Raw]) -> NoReturn:
    """Quote what 1C calls an error; of anything else only the names, because it may hold customers."""
    for name in ERRORS:
        if name in fields:
            raise BadAnswer("The ERP answered with an error instead of data: {0}", gist(bytes(fields[name])))
    raise BadAnswer("The ERP answered without data; its fields are: {0}.", ", ".join(fields)[:200] or "-")
