"""The keys by which 1C knows everything: they never change, whatever a thing is called later."""

from uuid import UUID, uuid5

NAMESPACE = UUID("5f2c9e0a-6d1b-4b7e-9a55-1c0000000001")
NO_KEY = "00000000-0000-0000-0000-000000000000"


def key_of(sort: str, *first_called: str | int) -> str:
    """The key of a thing of some sort, made of what it was first called; NO_KEY for what has no name at all."""
    if not any(first_called):
        return NO_KEY
    return str(uuid5(NAMESPACE, "/".join((sort, *map(str, first_called)))))
