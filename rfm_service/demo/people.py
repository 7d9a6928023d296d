"""Who buys in the demo shop, as the ERP knows them."""

from itertools import islice
from random import Random
from typing import NamedTuple

from rfm_service.demo.habits import RETAIL, SMALL, WHOLESALE, Size, size_of
from rfm_service.demo.names import address, email, legal_name, names
from rfm_service.records import Buyer

NO_SITE_ID_EVERY = 75
NO_EMAIL_EVERY = 20


class Customer(NamedTuple):
    """A customer's card, and how they buy."""

    name: str
    contractor: str
    site_id: int | None
    email: str
    address: str
    size: Size

    @property
    def card(self) -> Buyer:
        """What `partnersdata` tells of them."""
        return Buyer(self.name, self.email, self.size.category)


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
        )
        for place, name in enumerate(islice(names(rng), count))
    ]
