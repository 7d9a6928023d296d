"""Faults with status 200: pages and errors in the place of data, other envelopes, other encodings."""

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from rfm_service.demo import pages
from rfm_service.demo.faults.kinds import ONLY_HS, ONLY_ODATA, FaultKind, Harm
from rfm_service.demo.faults.rows import every_row, with_rows
from rfm_service.demo.hs import rows_of
from rfm_service.demo.odata import formats
from rfm_service.demo.odata.asked import Asked
from rfm_service.demo.protocol import HTML, Answer, Fault, Row, Usual

BOM = b"\xef\xbb\xbf"


def no_rows(usual: Usual) -> Answer:
    """An empty list, whatever the day had."""
    return with_rows(usual, lambda _: [])


def list_in_data(usual: Usual) -> Answer:
    """The rows themselves under `data`, not a string."""
    return _with_data(usual, lambda text: msgspec.Raw(text.encode()))


def encoded_twice(usual: Usual) -> Answer:
    """A string in the string."""
    return _with_data(usual, lambda text: msgspec.json.encode(text).decode())


def truncated_inside(usual: Usual) -> Answer:
    """Whole on the outside, but the rows end half-way."""
    return _with_data(usual, lambda text: text[: len(text) // 2])


def bom_inside(usual: Usual) -> Answer:
    """A byte order mark at the beginning of the string."""
    return _with_data(usual, lambda text: BOM.decode() + text)


def half_a_body(usual: Usual) -> Answer:
    """Half of the body, and a Content-Length to match."""
    return _with_body(usual, lambda body: body[: len(body) // 2])


def bom(usual: Usual) -> Answer:
    """A byte order mark before the body."""
    return _with_body(usual, lambda body: BOM + body)


def newline(usual: Usual) -> Answer:
    """An empty line after the body."""
    return _with_body(usual, lambda body: body + b"\r\n")


def cp1251(usual: Usual) -> Answer:
    """A body in cp1251 under a header that says utf-8; letters that are not in it become question marks."""
    return _with_body(usual, lambda body: body.decode().encode("cp1251", "replace"))


def control_characters(usual: Usual) -> Answer:
    """Raw tabs in the place of blanks, which no JSON may hold."""
    return _with_body(usual, lambda body: body.replace(b" ", b"\t"))


def atom(usual: Usual) -> Answer:
    """Atom, as if nobody had asked for JSON."""
    answer = usual()
    if answer.status != 200 or b'"value"' not in answer.body:
        return answer
    return formats.feed("", msgspec.json.decode(answer.body, type=Row)["value"], Asked("", "", "", {}), "")


def extra_column(usual: Usual) -> Answer:
    """A column that nobody asked for."""
    return every_row(usual, lambda row: row | {"Комментарий": "срочно"})


def reordered_columns(usual: Usual) -> Answer:
    """The columns in the reverse order."""
    return every_row(usual, lambda row: dict(reversed(row.items())))


def _with_data(usual: Usual, change: Callable[[str], object]) -> Answer:
    answer = usual()
    if answer.status != 200:
        return answer
    text = msgspec.json.encode(rows_of(answer)).decode()
    return replace(answer, body=msgspec.json.encode({"data": change(text)}))


def _with_body(usual: Usual, change: Callable[[bytes], bytes]) -> Answer:
    answer = usual()
    return replace(answer, body=change(answer.body))


def _always(body: bytes, content_type: str = "application/json; charset=utf-8") -> Fault:
    return lambda _: Answer(200, body, content_type)


LIES = {
    "html_page": FaultKind(_always(pages.LOGIN.encode(), HTML)),
    "upkeep_page": FaultKind(_always(pages.UPKEEP.encode(), "application/xhtml+xml; charset=utf-8")),
    "error_envelope": FaultKind(_always('{"error":"Не удалось выполнить запрос"}'.encode())),
    "empty_object": FaultKind(_always(b"{}")),
    "empty_body": FaultKind(_always(b"")),
    "half_a_body": FaultKind(half_a_body),
    "data_empty": FaultKind(_always(b'{"data":""}'), protocols=ONLY_HS),
    "data_null": FaultKind(_always(b'{"data":null}'), protocols=ONLY_HS),
    "truncated_inside": FaultKind(truncated_inside, protocols=ONLY_HS),
    "atom": FaultKind(atom, protocols=ONLY_ODATA),
    "no_rows": FaultKind(no_rows, Harm.UNSEEN),
    "cp1251": FaultKind(cp1251, Harm.SOME_ROWS),
    "control_characters": FaultKind(control_characters, Harm.NONE),
    "bom": FaultKind(bom, Harm.NONE),
    "bom_inside": FaultKind(bom_inside, Harm.NONE, ONLY_HS),
    "newline": FaultKind(newline, Harm.NONE),
    "list_in_data": FaultKind(list_in_data, Harm.NONE, ONLY_HS),
    "encoded_twice": FaultKind(encoded_twice, Harm.NONE, ONLY_HS),
    "extra_column": FaultKind(extra_column, Harm.NONE),
    "reordered_columns": FaultKind(reordered_columns, Harm.NONE),
}
