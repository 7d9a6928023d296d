"""What an answer with another status than 200 means."""

import re
from typing import NamedTuple

from rfm_service.errors import AnswerTooHeavy, ErpClosed, ErpRefused, ErpUnavailable, RfmError
from rfm_service.sources.envelope import gist, text_of
from rfm_service.sources.retries import ErpBusy

LATER = {406, 408, 429, 502, 503, 504}
CLOSED = re.compile("Начало сеанса")
PLATFORM = re.compile("virtual-resource-system")
PASSING = re.compile("блокиров|ожидани|лиценз|deadlock|lock conflict|time-?out|timed out", re.IGNORECASE)
HEAVY = re.compile("памят|memory|диск|device is full|no space left", re.IGNORECASE)
MESSAGE = re.compile(r'"(?:value|descr)"\s*:\s*"((?:[^"\\]|\\.)*)"')
OWN = re.compile("odata.error|v8.1c.ru|1C:Enterprise|1С:Предприятие", re.IGNORECASE)
OWN_WORDS = re.compile(r"\A\s*[^<\s].*[а-яё]{3}", re.IGNORECASE | re.DOTALL)
LONGEST_RETRY_AFTER = 9


class Reply(NamedTuple):
    """An answer. `retry_after` is that header, or empty."""

    status: int
    body: bytes
    retry_after: str = ""


def error_of(reply: Reply, host: str) -> RfmError:
    """The error that a reply is."""
    status, text = reply.status, text_of(reply.body)
    if CLOSED.search(text) or (status == 403 and PLATFORM.search(text)):
        return ErpClosed("The ERP is closed for maintenance ({0}, sessions are forbidden).", status)
    if status in LATER:
        return _later(reply)
    if status == 500:
        return _crash(text)
    return _refusal(status, text, host)


def _later(reply: Reply) -> RfmError:
    if reply.retry_after.isdecimal() and len(reply.retry_after) <= LONGEST_RETRY_AFTER:
        seconds = int(reply.retry_after)
        later = ErpUnavailable("The ERP answered {0} and asks to come back in {1} seconds.", reply.status, seconds)
        return ErpBusy(*later.args)
    return ErpUnavailable("The ERP answered {0}; trying again later.", reply.status)


def _crash(text: str) -> RfmError:
    """1C itself says 500 for whatever goes wrong inside, in plain words; a web server, with a page, when 1C fell."""
    if HEAVY.search(text):
        return AnswerTooHeavy("The ERP has no memory or disk left for the answer (500): {0}", said(text))
    if PASSING.search(text) or not (OWN.search(text) or OWN_WORDS.search(text)):
        return ErpUnavailable("The ERP answered {0}; trying again later.", 500)
    return AnswerTooHeavy("The ERP failed at the answer (500): {0}", said(text))


def _refusal(status: int, text: str, host: str) -> RfmError:
    if status == 401 and '"20"' in text:
        return ErpRefused(
            "The ERP's user may not read some of the rows (401, code 20): its rights were cut. "
            "Ask the administrator of 1C."
        )
    if status in {401, 403}:
        return ErpRefused("The ERP refused our token ({0}). Check erp.token (RFM_ERP__TOKEN) and erp.auth.", status)
    if 300 <= status < 400:
        return ErpRefused("The ERP sent us to another address ({0}). Put the final address into erp.url.", status)
    return ErpRefused("The ERP at {0} answered {1}. Check erp.url: the path of the HTTP service.", host, status)


def said(text: str) -> str:
    """What 1C says went wrong: the innermost message of its JSON, else the words of the page, in one short line."""
    messages = MESSAGE.findall(text)
    return gist(messages[-1].replace("\\n", " ") if messages else text)
