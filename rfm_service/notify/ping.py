"""The dead man's switch: somebody elsewhere who raises the alarm when this is not called any more."""

from functools import partial

from rfm_service.errors import DestinationDead
from rfm_service.notify.bot_api import keep_urls_out_of_the_log
from rfm_service.notify.patience import within
from rfm_service.settings import Alive

TAKES = 2


def ping(settings: Alive) -> None:
    """Call the address once; it is a secret, so no error holds it. Raises DestinationDead."""
    try:
        status = within(TAKES * settings.timeout, partial(_status, settings))
    except Exception as error:  # noqa: BLE001  the text of any of them may hold the URL
        raise DestinationDead("The dead man's switch cannot be reached ({0}).", type(error).__name__) from None
    if status >= 300:
        raise DestinationDead("The dead man's switch answers HTTP {0}: mend alive.ping_url.", status)


def _status(settings: Alive) -> int:
    import requests

    keep_urls_out_of_the_log()
    url = settings.ping_url.get_secret_value()
    session = requests.Session()
    session.trust_env = False
    with session, session.get(url, timeout=settings.timeout, allow_redirects=False, stream=True) as answer:
        return answer.status_code
