"""What a URL of the standard interface asks for."""

import re
from urllib.parse import unquote

import msgspec

ROOT = "/odata/standard.odata"
LONGEST_QUERY = 2048
RESOURCE = re.compile(r"(?P<entity>[^/(]*)(?:\((?P<key>[^)]*)\))?(?:/(?P<rest>.*))?", re.DOTALL)


class Asked(msgspec.Struct, frozen=True):
    """A path below the root, `entity(key)/rest`, and the query options by name."""

    entity: str
    key: str
    rest: str
    options: dict[str, str]

    def option(self, name: str) -> str:
        """The text of an option, empty if it is not given."""
        return self.options.get(name, "")

    def number(self, name: str) -> int:
        """The number of an option; 0 where there is none."""
        text = self.option(name)
        return int(text) if text.isascii() and text.isdigit() else 0

    @property
    def everything(self) -> bool:
        """Whether all rows are counted, which makes `$top` and `$skip` ignored."""
        return self.option("$inlinecount") == "allpages"


def asked_by(path: str, query: str) -> Asked:
    """What a percent-encoded path and query ask for. A plus sign in a query is a blank."""
    found = RESOURCE.fullmatch(unquote(path).removeprefix(ROOT).strip("/"))
    assert found
    pairs = (pair.partition("=") for pair in query.replace("+", " ").split("&") if pair)
    options = {unquote(name): unquote(value) for name, _, value in pairs}
    return Asked(found["entity"], found["key"] or "", found["rest"] or "", options)
