"""An address is a channel and who is there: "telegram:1001"."""

from rfm_service.notify import telegram
from rfm_service.records import Message
from rfm_service.settings import Settings


def send(settings: Settings, address: str, message: Message) -> None:
    """One message, one try. Raises MessageBad or DestinationDead."""
    _channel, _, target = address.partition(":")
    telegram.send(telegram.destination_of(settings.telegram, int(target)), message)
