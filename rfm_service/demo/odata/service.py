"""The standard interface at work: a call in, an answer out."""

import base64
import re
from html import escape
from urllib.parse import unquote

from rfm_service.demo import pages
from rfm_service.demo.book import Book
from rfm_service.demo.documents import NO_DAY
from rfm_service.demo.odata import formats
from rfm_service.demo.odata.asked import LONGEST_QUERY, Asked, asked_by
from rfm_service.demo.odata.entities import ENTITIES, Entity
from rfm_service.demo.odata.filters import ALWAYS, days_of, parse
from rfm_service.demo.odata.pages import matching, page, selected
from rfm_service.demo.odata.refusals import Refusal, no_instance, unknown_entity, unknown_segment, unreadable_option
from rfm_service.demo.odata.register import REGISTER, TURNOVER, turnovers
from rfm_service.demo.odata.wanted import Wanted
from rfm_service.demo.odata.world import World
from rfm_service.demo.protocol import ODATA, Answer, Call, Request

BOM = b"\xef\xbb\xbf"
GUID = re.compile(r"guid'([0-9a-f-]{36})'", re.IGNORECASE)
TURNOVERS = re.compile(r"Turnovers\(StartPeriod=datetime'([\d:T-]{19})',EndPeriod=datetime'([\d:T-]{19})'\)")

METADATA = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<edmx:Edmx Version="1.0" '
    'xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices>'
    '<Schema Namespace="StandardODATA" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">{0}</Schema>'
    "</edmx:DataServices></edmx:Edmx>"
)


class Interface:
    """The standard interface over one book.

    A token `user:password` is that user's; with any other token the password is the token and the user is anybody.
    """

    def __init__(self, book: Book, token: str) -> None:
        self._book = book
        self._token = token
        self._world: World | None = None

    def reply(self, call: Call) -> Answer:
        """What a healthy 1C answers."""
        if len(call.query) > LONGEST_QUERY:
            return pages.iis(
                404, "404.15 - Not Found", "Модуль фильтрации запросов отклонил слишком длинную строку запроса."
            )
        if not self._admits(call.authorization):
            refusal = pages.iis(401, "401.5 - Unauthorized", "У вас нет прав на просмотр этого каталога или страницы.")
            return refusal.with_header("WWW-Authenticate", 'Basic realm="1C:Enterprise 8.3"')
        if call.method != "GET":
            return pages.iis(405, "405.0 - Method Not Allowed", "Недопустимый метод HTTP.")
        asked = asked_by(call.path, call.query)
        try:
            return self._answer(asked, call.accept)
        except Refusal as refusal:
            return formats.refused(refusal, asked, call.accept)

    def _answer(self, asked: Asked, accept: str) -> Answer:
        if asked.entity in {"", "$metadata"}:
            return _metadata() if asked.entity else _contents(asked, accept)
        if asked.entity == REGISTER:
            return self._turnovers(asked, accept)
        entity = ENTITIES.get(asked.entity)
        if entity is None:
            raise unknown_entity(asked.entity)
        if asked.key:
            return self._single(entity, asked, accept)
        if asked.rest not in {"", "$count"}:
            raise unknown_segment(asked.rest)
        rows = matching(self._now(), entity, asked)
        if asked.rest:
            return Answer(200, BOM + str(len(rows)).encode(), "text/plain;charset=utf-8")
        count = len(rows) if asked.everything else None
        return formats.feed(entity.name, page(rows, entity, asked), asked, accept, count)

    def _single(self, entity: Entity, asked: Asked, accept: str) -> Answer:
        found = GUID.fullmatch(asked.key)
        if not found or entity.key != "Ref_Key" or asked.rest:
            raise unknown_segment(asked.key)
        rows = list(entity.rows(self._now(), Wanted(keys=frozenset([found[1].lower()]))))
        if not rows:
            raise no_instance()
        return formats.single(entity.name, page(rows, entity, asked)[0], asked, accept)

    def _turnovers(self, asked: Asked, accept: str) -> Answer:
        found = TURNOVERS.fullmatch(asked.rest.replace(" ", ""))
        if not found:
            raise unreadable_option(asked.rest) if asked.rest else unknown_entity(asked.entity)
        rows = turnovers(self._now(), *found.groups())
        return formats.feed(f"{REGISTER}_Turnovers", selected(rows, TURNOVER, asked.option("$select")), asked, accept)

    def _now(self) -> World:
        """The book as it stands now."""
        world = self._world
        if world is None or world.version != self._book.version:
            self._world = world = World(self._book)
        return world

    def _admits(self, authorization: bytes) -> bool:
        """Whether Basic credentials, in UTF-8, are the right ones."""
        scheme, _, encoded = authorization.partition(b" ")
        try:
            given = base64.b64decode(encoded, validate=True).decode()
        except ValueError:
            return False
        expected = given if ":" in self._token else given.partition(":")[2]
        return scheme.lower() == b"basic" and expected == self._token


def request_of(call: Call) -> Request:
    """What a call asks for, as far as it can be read. The days are those that a filter by date lets through."""
    asked = asked_by(call.path, call.query)
    try:
        first, last = days_of(parse(asked.option("$filter")))
    except Refusal:
        first, last = ALWAYS
    return Request(
        "",
        first if first != ALWAYS[0] else NO_DAY,
        last if last != ALWAYS[1] else NO_DAY,
        protocol=ODATA,
        entity=asked.entity,
        skip=asked.number("$skip"),
        top=asked.number("$top"),
        query=unquote(call.query),
    )


def _contents(asked: Asked, accept: str) -> Answer:
    return formats.feed("", [{"name": name, "url": name} for name in ENTITIES], asked, accept)


def _metadata() -> Answer:
    types = "".join(_type(entity) for entity in ENTITIES.values())
    return Answer(200, METADATA.format(types).encode(), formats.XML)


def _type(entity: Entity) -> str:
    properties = "".join(f'<Property Name="{escape(field)}"/>' for field in entity.sample)
    return f'<EntityType Name="{entity.name}">{properties}</EntityType>'
