"""Who buys in the demo shop, as the ERP knows them."""

from itertools import islice
from random import Random
from typing import NamedTuple

from rfm_service.demo.documents import Card
from rfm_service.demo.habits import RETAIL, SMALL, WHOLESALE, Size, size_of
from rfm_service.demo.names import address, email, legal_name, names

NO_SITE_ID_EVERY = 75
NO_EMAIL_EVERY = 20
MANAGERS = ("Белова Анна", "Гаврилов Игорь", "Ёлкина Мария", "Соколов Денис", "Юсупова Динара")


class Customer(NamedTuple):
    """A customer's card, and how they buy."""

    name: str
    contractor: str
    site_id: int | None
    email: str
    address: str
    size: Size
    manager: str = ""

    @property
    def card(self) -> Card:
        """What `partnersdata` tells of them."""
        return Card(self.name, self.email, self.size.category, self.manager)


OWN_COMPANIES = ('ООО "Наша Фирма"', 'ООО "Наша Логистика"')
ANONYMOUS = "Розничный покупатель"

WALK_IN = Customer(ANONYMOUS, ANONYMOUS, None, "", "", RETAIL)
INSIDERS = (
    Customer(OWN_COMPANIES[0], OWN_COMPANIES[0], 100_001, "", "", WHOLESALE),
    Customer("Наше предприятие", OWN_COMPANIES[1], None, "", "", SMALL),
)


def make_customers(count: int, rng: Random) -> list[Customer]:
    """Customers with different names; their sizes follow from their places in the list."""
    return [
        Customer(
            name=name,
            contractor=legal_name(name),
            site_id=None if place % NO_SITE_ID_EVERY == 40 else 100_008 + 7 * place,
            email="" if place % NO_EMAIL_EVERY == 11 else email(name),
            address=address(rng),
            size=size_of(place),
            manager=MANAGERS[place % len(MANAGERS)],
        )
        for place, name in enumerate(islice(names(rng), count))
    ]
