"""The locked requirements are what pyproject.toml asks for: pinned, with hashes, in range."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

PROJECT = Path(__file__).parent.parent
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def pins(file: str) -> dict[str, tuple[str, str]]:
    """Name → version and the rest of the entry, hashes included."""
    text = (PROJECT / file).read_text(encoding="utf-8")
    return {canonicalize_name(name): (version, rest) for name, version, rest in PIN.findall(text)}


def mistakes(file: str, wanted: list[str]) -> list[str]:
    """What in a lock file does not fit the wanted requirements."""
    found = pins(file)
    unhashed = [f"{file}: {name} has no hash" for name, (_, rest) in found.items() if "--hash=sha256:" not in rest]
    missing = [
        f"{file}: {text} is not pinned in range; lock again (CONTRIBUTING.md)"
        for text in wanted
        for asked in [Requirement(text)]
        if (pin := found.get(canonicalize_name(asked.name))) is None or Version(pin[0]) not in asked.specifier
    ]
    return unhashed + missing


if __name__ == "__main__":
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime, dev = project["project"]["dependencies"], project["dependency-groups"]["dev"]
    wrong = mistakes("requirements.txt", runtime) + mistakes("requirements-dev.txt", runtime + dev)
    sys.exit("\n".join(wrong) or None)
