"""The one function that talks HTTP to an ERP, and what each way of failing means.

No redirects (they turn a POST into a GET), no proxies or .netrc from the environment, a cap on bytes and on total time,
and errors without the URL's query or any header.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

import requests
import urllib3
from requests.adapters import HTTPAdapter

from rfm_service.errors import BadAnswer, ErpRefused, ErpUnavailable

CHUNK = 1 << 16
LATER = {408, 429, 500, 502, 503, 504}
MAINTENANCE = "Начало сеанса"


@dataclass(frozen=True)
class Limits:
    """How long to wait and how much to take. Seconds and bytes."""

    connect: float
    read: float
    total: float
    size: int


def new_session() -> requests.Session:
    """A session that keeps its connection and takes nothing from the environment."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"User-Agent": "rfm_service", "Accept-Encoding": "gzip"})
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=0))
    return session


def post(session: requests.Session, url: str, headers: Mapping[str, bytes], body: bytes, limits: Limits) -> bytes:
    """The body of a 200 answer.

    Raises ErpUnavailable (try later), ErpRefused (a person must act) or BadAnswer (too long, or a redirect).
    """
    deadline = time.monotonic() + limits.total
    try:
        with session.post(
            url,
            data=body,
            headers=headers,
            timeout=(limits.connect, limits.read),
            allow_redirects=False,
            stream=True,
        ) as answer:
            content = _read(answer, deadline, limits)
    except (requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
        raise ErpRefused(
            "The request cannot be built. Check erp.url and erp.token for spaces and line breaks."
        ) from None
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        raise ErpUnavailable("The ERP did not answer in time. Is 1C overloaded?") from None
    except requests.ConnectionError:
        raise ErpUnavailable("No connection to the ERP at {0}. Is 1C's web server running?", _host(url)) from None
    except (requests.RequestException, urllib3.exceptions.HTTPError):
        raise ErpUnavailable("The ERP's answer broke off.") from None
    if answer.status_code != 200:
        _refuse(answer.status_code, content, url)
    return content


def _read(answer: requests.Response, deadline: float, limits: Limits) -> bytes:
    content = bytearray()
    while chunk := answer.raw.read1(
        CHUNK, decode_content=True
    ):  # what has come: `iter_content` would wait for a full chunk
        content += chunk
        if len(content) > limits.size:
            raise BadAnswer("The ERP's answer is longer than {0} MiB (erp.max_answer_mib).", limits.size >> 20)
        if time.monotonic() > deadline:
            raise ErpUnavailable("The ERP's answer took longer than {0} seconds (erp.day_deadline).", limits.total)
    return bytes(content)


def _refuse(status: int, content: bytes, url: str) -> NoReturn:
    text = content.decode("utf-8", "replace")
    if status in LATER:
        raise ErpUnavailable("The ERP answered {0}; trying again later.", status)
    if status == 403 and MAINTENANCE in text:
        raise ErpUnavailable("The ERP is closed for maintenance (403, sessions are forbidden); trying again later.")
    if status in {401, 403}:
        raise ErpRefused("The ERP refused our token ({0}). Check erp.token (RFM_ERP__TOKEN) and erp.auth.", status)
    if 300 <= status < 400:
        raise ErpRefused("The ERP sent us to another address ({0}). Put the final address into erp.url.", status)
    raise ErpRefused("The ERP at {0} answered {1}. Check erp.url: the path of the HTTP service.", _host(url), status)


def _host(url: str) -> str:
    return url.split("://", 1)[1].split("/", 1)[0].rsplit("@", 1)[-1]
