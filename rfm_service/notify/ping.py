"""The dead man's switch: somebody elsewhere who raises the alarm when this is not called any more."""

from rfm_service.errors import DestinationDead
from rfm_service.settings import Alive


def ping(settings: Alive) -> None:
    """Call the address once; it is a secret, so no error holds it. Raises DestinationDead."""
    import requests

    session = requests.Session()
    session.trust_env = False
    try:
        with (
            session,
            session.get(
                settings.ping_url.get_secret_value(), timeout=settings.timeout, allow_redirects=False, stream=True
            ) as answer,
        ):
            status = answer.status_code
    except Exception as error:  # noqa: BLE001  the text of any of them may hold the URL
        raise DestinationDead("The dead man's switch cannot be reached ({0}).", type(error).__name__) from None
    if status >= 300:
        raise DestinationDead("The dead man's switch answers HTTP {0}: mend alive.ping_url.", status)
