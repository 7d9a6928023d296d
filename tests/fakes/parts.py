"""Optional parts that are missing, broken or hanging: libraries that cannot be imported, servers that never answer."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ABSENT = "raise ModuleNotFoundError(f'No module named {__name__!r}', name=__name__)"
CRASHING = "import os\nos.abort()"
HANGING = "import time\ntime.sleep(600)"


def put_libraries(folder: Path, state: str, *names: str) -> Path:
    """Libraries in a state of the above, in a folder to be searched first."""
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(state)
    return folder


@contextmanager
def silent_server() -> Iterator[int]:
    """The port of somebody who takes the call and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        port: int = server.getsockname()[1]
        yield port


def deserted_port() -> int:
    """Where nobody is."""
    with silent_server() as port:
        return port
