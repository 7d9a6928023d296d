"""An address is a channel and who is there: "telegram:1001", "mail:anna@shop.ru", "ping:"."""

from rfm_service.notify import mail, ping, telegram
from rfm_service.notify.bot_api import bot_of
from rfm_service.records import Message
from rfm_service.settings import Settings


def send(settings: Settings, address: str, message: Message) -> None:
    """One message, one try. Raises MessageBad or DestinationDead."""
    channel, _, target = address.partition(":")
    match channel:
        case "telegram":
            telegram.send(bot_of(settings.telegram), int(target), message)
        case "mail":
            mail.send(settings.mail, target, message)
        case _:
            ping.ping(settings.alive)
