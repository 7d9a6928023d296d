"""How rows and refusals are written: JSON where it is asked for, else Atom."""

from html import escape
from typing import Any

import msgspec

from rfm_service.demo.odata.asked import Asked
from rfm_service.demo.odata.filters import Row
from rfm_service.demo.odata.refusals import Refusal
from rfm_service.demo.protocol import Answer

SERVICE = "http://1c.example/odata/standard.odata"
JSON = "application/json;odata=minimalmetadata;charset=utf-8"
ATOM = "application/atom+xml;type=feed;charset=utf-8"
XML = "application/xml;charset=utf-8"

PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n'
FEED = '<feed xmlns="http://www.w3.org/2005/Atom" {0}>{1}</feed>'
ENTRY = '<entry><content type="application/xml"><m:properties>{0}</m:properties></content></entry>'
ERROR = '<m:error {0}><m:code>{1}</m:code><m:message xml:lang="ru">{2}</m:message></m:error>'
NAMESPACES = (
    'xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" '
    'xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"'
)


def wants_json(asked: Asked, accept: str) -> bool:
    """Whether the URL or the header asks for JSON."""
    shape = asked.option("$format") or accept
    return shape == "json" or "application/json" in shape


def feed(entity: str, rows: list[Row], asked: Asked, accept: str, count: int | None = None) -> Answer:
    """Rows of an entity. `count` is all there are, where that was asked for."""
    if not wants_json(asked, accept):
        return _xml(200, FEED.format(NAMESPACES, "".join(map(_entry, rows))), ATOM)
    envelope: Row = {"odata.metadata": f"{SERVICE}/$metadata#{entity}"}
    if count is not None:
        envelope["odata.count"] = str(count)
    plain = "nometadata" in asked.option("$format")
    value = rows if plain else [_with_links(entity, row) for row in rows]
    return Answer(200, msgspec.json.encode(envelope | {"value": value}), JSON)


def single(entity: str, row: Row, asked: Asked, accept: str) -> Answer:
    """One object."""
    if not wants_json(asked, accept):
        return _xml(200, _entry(row), ATOM)
    return Answer(200, msgspec.json.encode({"odata.metadata": f"{SERVICE}/$metadata#{entity}/@Element"} | row), JSON)


def refused(refusal: Refusal, asked: Asked, accept: str) -> Answer:
    """An error in the format that was asked for."""
    if not wants_json(asked, accept):
        return _xml(refusal.status, ERROR.format(NAMESPACES, refusal.code, escape(refusal.text)), XML)
    error = {"code": str(refusal.code), "message": {"lang": "ru", "value": refusal.text}}
    return Answer(refusal.status, msgspec.json.encode({"odata.error": error}), JSON)


def _xml(status: int, text: str, content_type: str) -> Answer:
    return Answer(status, (PROLOGUE + text).encode(), content_type)


def _with_links(entity: str, row: Row) -> Row:
    """A row with the links that minimal metadata adds to its references."""
    if "Ref_Key" not in row:
        return row
    own = f"{entity}(guid'{row['Ref_Key']}')"
    names = [field.removesuffix("_Key") for field in row if field.endswith("_Key") and field != "Ref_Key"]
    return row | {f"{name}@navigationLinkUrl": f"{own}/{name}" for name in names}


def _entry(row: Row) -> str:
    return ENTRY.format("".join(f"<d:{name}>{_text(value)}</d:{name}>" for name, value in row.items()))


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "".join(f'<d:element m:type="StandardODATA.Row">{_entry(row)}</d:element>' for row in value)
    return ("false", "true")[value] if isinstance(value, bool) else escape(str(value))
