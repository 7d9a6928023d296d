"""References as 1C writes them: a key, or a value and the name of its type."""

from rfm_service.demo.keys import NO_KEY

UNDEFINED = "StandardODATA.Undefined"


def reference(name: str, key: str, entity: str) -> dict[str, str]:
    """A field that may refer to objects of several types. An empty one is the empty text of no type."""
    if key in {"", NO_KEY}:
        return {name: "", f"{name}_Type": UNDEFINED}
    return {name: key, f"{name}_Type": f"StandardODATA.{entity}"}
