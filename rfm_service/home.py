"""The folder that the service lives in: what lies where."""

from dataclasses import dataclass
from pathlib import Path

from rfm_service.disk import is_open_to_others
from rfm_service.settings import Settings, secrets_of


@dataclass(frozen=True)
class Home:
    """A folder that the service lives in, and its settings."""

    path: Path
    config: Path
    settings: Settings

    @property
    def database(self) -> Path:
        """The store."""
        return self.path / "db" / "sales.db"

    @property
    def lock(self) -> Path:
        """Held by whoever works in this home."""
        return self.path / "db" / "lock"

    @property
    def backups(self) -> Path:
        """The folder of verified copies of the store."""
        return self.path / self.settings.backup.folder

    @property
    def damaged(self) -> Path:
        """Where databases go that are set aside."""
        return self.path / "db" / "damaged"

    @property
    def history(self) -> Path:
        """Tables of the closed months, kept until one of them changes."""
        return self.path / "db" / "history"

    @property
    def ballast(self) -> Path:
        """What is let go when the disk is full."""
        return self.path / "db" / "ballast"

    @property
    def logs(self) -> Path:
        """The folder of the log."""
        return self.path / "logs"

    @property
    def schemes(self) -> Path:
        """The folder of scheme files, beside the configuration file."""
        return self.config.parent / "segments"

    @property
    def mappings(self) -> Path:
        """The folder of mapping files, beside the configuration file."""
        return self.config.parent / "mappings"

    @property
    def imports(self) -> Path:
        """The folder of days that are gathered out of files."""
        return self.path / "db" / "imports"

    @property
    def folders(self) -> list[str]:
        """Where reports go: paths, or smb:// addresses."""
        report = self.settings.report
        return [
            folder if folder.startswith("smb://") else str(self.path / folder)
            for folder in (report.analysts_folder, report.marketers_folder)
        ]

    def work(self, run_id: str) -> Path:
        """Tables of a run, for its steps."""
        return self.path / "db" / "work" / run_id

    @property
    def spill(self) -> Path:
        """For tables that do not fit into the memory of the engine."""
        return self.path / "db" / "spill"

    def spool(self, run_id: str) -> Path:
        """A run's finished report, waiting for the folders."""
        return self.path / "db" / "spool" / run_id


def exposed_secrets(home: Home) -> list[Path]:
    """Files of a home that hold a secret and that other users of the machine may read."""
    secrets = [secret.encode() for secret in secrets_of(home.settings)]
    return [
        file
        for file in (home.config, home.path / ".env")
        if is_open_to_others(file) and any(secret in file.read_bytes() for secret in secrets)
    ]
