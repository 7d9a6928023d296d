"""Faults that are told by the status: what 1C, its web server or a proxy answer instead of 200."""

import msgspec

from rfm_service.demo import pages
from rfm_service.demo.faults.kinds import ONLY_HS, ONLY_ODATA, FaultKind
from rfm_service.demo.odata import formats
from rfm_service.demo.odata.asked import Asked
from rfm_service.demo.odata.refusals import Refusal, exception, no_instance, unknown_entity
from rfm_service.demo.protocol import HTML, TEXT, Answer, Fault

BOM = b"\xef\xbb\xbf"
XML = "text/xml; charset=utf-8"

SESSIONS_FORBIDDEN = {
    "#exception": "{http://v8.1c.ru/8.2/virtual-resource-system}Exception",
    "exception": {
        "reason": 403,
        "descr": "HTTP: Forbidden\nОшибка при выполнении запроса к информационной базе",
        "inner": {"descr": "Начало сеанса с информационной базой запрещено.\nВедутся технические работы"},
    },
}
SESSION_TIMED_OUT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<exception xmlns="http://v8.1c.ru/8.2/virtual-resource-system" reason="406">'
    "<descr>Истекло время ожидания сеанса</descr></exception>"
)
LOCK_CONFLICT = (
    "Конфликт блокировок при выполнении транзакции: превышено максимальное время ожидания предоставления блокировки"
)
HANDLER_FAILED = (
    "{HTTPСервис.rfm.Модуль(57)}: Поле объекта не обнаружено (ДатаЗаказаКлиента)\n"
    '\tСтрока.Вставить("ДатаЗаказаКлиента", Выборка.ДатаЗаказаКлиента);\n'
)
NO_SPACE = "by reason: Ошибка СУБД: No space left on device 'v8_3F2A_1.tmp'"


def _always(answer: Answer) -> Fault:
    return lambda _: answer


def _odata(refusal: Refusal) -> Fault:
    return _always(formats.refused(refusal, Asked("", "", "", {"$format": "json"}), ""))


STATUSES = {
    "bad_url": FaultKind(_always(Answer(400, b"<h1>Bad Request - Invalid URL</h1>", HTML))),
    "unauthorized": FaultKind(_always(pages.iis(401, "401.1 - Unauthorized", "Отказано в доступе."))),
    "rights_refused": FaultKind(_odata(Refusal(401, 20, "Нарушение прав доступа!")), protocols=ONLY_ODATA),
    "maintenance": FaultKind(_always(Answer(403, BOM + msgspec.json.encode(SESSIONS_FORBIDDEN)))),
    "forbidden": FaultKind(_always(pages.iis(403, "403.4 - Forbidden", "Доступ запрещён."))),
    "no_entity": FaultKind(_odata(unknown_entity("Catalog_Партнеры")), protocols=ONLY_ODATA),
    "no_instance": FaultKind(_odata(no_instance()), protocols=ONLY_ODATA),
    "no_page": FaultKind(_always(pages.iis(404, "404.0 - Not Found", "Ресурс не найден."))),
    "query_too_long": FaultKind(_always(pages.iis(404, "404.15 - Not Found", "Слишком длинная строка запроса."))),
    "wrong_method": FaultKind(_always(Answer(405, "Метод HTTP-сервиса не найден".encode(), TEXT))),
    "session_timed_out": FaultKind(_always(Answer(406, SESSION_TIMED_OUT.encode(), XML))),
    "request_timed_out": FaultKind(_always(Answer(408, b"", TEXT))),
    "too_large": FaultKind(_always(pages.nginx(413, "Request Entity Too Large"))),
    "too_many": FaultKind(_always(pages.nginx(429, "Too Many Requests").with_header("Retry-After", "1"))),
    "server_error": FaultKind(_always(pages.platform(LOCK_CONFLICT))),
    "lock_conflict": FaultKind(_odata(exception(LOCK_CONFLICT)), protocols=ONLY_ODATA),
    "handler_failed": FaultKind(_always(Answer(500, HANDLER_FAILED.encode(), TEXT)), protocols=ONLY_HS),
    "no_space": FaultKind(_always(pages.platform(NO_SPACE))),
    "iis_error": FaultKind(_always(pages.iis(500, "500.0 - Internal Server Error", "Внутренняя ошибка сервера."))),
    "not_implemented": FaultKind(_always(pages.iis(501, "501.0 - Not Implemented", "Не реализовано."))),
    "bad_gateway": FaultKind(_always(pages.nginx(502, "Bad Gateway"))),
    "unavailable": FaultKind(_always(pages.iis(503, "503.0 - Service Unavailable", "Служба недоступна."))),
    "gateway_timed_out": FaultKind(_always(pages.nginx(504, "Gateway Time-out"))),
}
"""None of these has rows: none may be taken for a day."""
