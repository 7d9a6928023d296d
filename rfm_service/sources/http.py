"""The one way to talk HTTP to an ERP.

No redirects (they turn a POST into a GET), no proxies or .netrc from the environment, a cap on bytes and on total time,
and errors without the URL's query or any header.
"""

import base64
import time
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit

import requests
import urllib3

from rfm_service.deadline import DeadlineAdapter
from rfm_service.errors import AnswerTooHeavy, ErpRefused, ErpUnavailable, RfmError
from rfm_service.settings import Erp
from rfm_service.sources.failures import Reply, error_of
from rfm_service.sources.retries import retrying

CHUNK = 1 << 16

Judge = Callable[[Reply, str], RfmError]


class Caller:
    """Asks one ERP: one question at a time, a pause between them, the connection kept."""

    def __init__(self, erp: Erp) -> None:
        self._erp = erp
        self._session = _new_session(erp)
        self._answered_at = 0.0

    def ask(
        self, method: Literal["GET", "POST"], url: str, body: bytes | None = None, judge: Judge = error_of
    ) -> bytes:
        """The body of a 200 answer; any other answer is the error that `judge` makes of it and of the host's name.

        Raises ErpUnavailable (after some tries), AnswerTooHeavy (at once) or ErpRefused.
        """
        for attempt in retrying(self._erp.tries, self._erp.retry_pause):
            with attempt:
                reply = self._send(method, url, body)
                if reply.status != 200:
                    raise judge(reply, _host(url))
        return reply.body

    def _send(self, method: str, url: str, body: bytes | None) -> Reply:
        if self._answered_at:
            time.sleep(max(0.0, self._answered_at + self._erp.pause - time.monotonic()))
        deadline = time.monotonic() + self._erp.day_deadline
        try:
            with self._session.request(
                method,
                url,
                data=body,
                timeout=(self._erp.connect_timeout, self._erp.read_timeout),
                allow_redirects=False,
                stream=True,
            ) as answer:
                reply = Reply(answer.status_code, self._read(answer, deadline), answer.headers.get("Retry-After", ""))
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._meaning(error, deadline, url) from None
        self._answered_at = time.monotonic()
        return reply

    def _read(self, answer: requests.Response, deadline: float) -> bytes:
        content, most = bytearray(), self._erp.max_answer_mib
        while True:
            chunk = answer.raw.read1(CHUNK, decode_content=True)  # `iter_content` would wait for a full chunk
            content += chunk
            if len(content) > most << 20:
                raise AnswerTooHeavy("The ERP's answer is longer than {0} MiB (erp.max_answer_mib).", most)
            if time.monotonic() > deadline:
                raise self._late()
            if not chunk:
                return bytes(content)

    def _meaning(self, error: Exception, deadline: float, url: str) -> RfmError:
        if isinstance(error, requests.exceptions.InvalidHeader | requests.exceptions.InvalidURL):
            return ErpRefused("The request cannot be built. Check erp.url and erp.token for spaces and line breaks.")
        if time.monotonic() > deadline:
            return self._late()
        if isinstance(error, requests.ReadTimeout | urllib3.exceptions.TimeoutError):
            return self._silence()
        if isinstance(error, requests.ConnectionError):
            return _unconnected(error, url)
        return ErpUnavailable("The ERP's answer broke off.")

    def _silence(self) -> RfmError:
        """1C takes its time for the first answer, because a session has to begin; later it chokes on the answer."""
        if self._answered_at:
            return AnswerTooHeavy("The ERP did not answer in time. Is 1C overloaded?")
        return ErpUnavailable("The ERP did not answer in time. Is 1C overloaded?")

    def _late(self) -> RfmError:
        return AnswerTooHeavy(
            "The ERP's answer took longer than {0} seconds (erp.day_deadline).", self._erp.day_deadline
        )


def _new_session(erp: Erp) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = erp.ca_file or True
    session.headers.update(
        {
            "User-Agent": "rfm_service",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Authorization": _authorization(erp),
            "Content-Type": "application/json; charset=utf-8",
        }
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, DeadlineAdapter(erp.day_deadline))
    return session


def _authorization(erp: Erp) -> bytes:
    """Bytes, because requests cannot send Cyrillic text in a header."""
    token = erp.token.get_secret_value().encode()
    ways = {"raw": token, "bearer": b"Bearer " + token, "basic": b"Basic " + base64.b64encode(token)}
    return ways[erp.auth]


def _unconnected(error: requests.ConnectionError, url: str) -> RfmError:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return ErpRefused(
            "The certificate of {0} is not trusted. If it is of your own authority, name its file in erp.ca_file.",
            _host(url),
        )
    return ErpUnavailable("No connection to the ERP at {0}. Is 1C's web server running?", _host(url))


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
