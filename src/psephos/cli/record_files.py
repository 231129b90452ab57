"""A record that came as a file, and what lies beside it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from psephos.adapters.files import FileSource, read_message
from psephos.record.archive import LARGE
from psephos.verify.audit import Beside


@dataclass(frozen=True)
class RecordFiles:
    """The files that are checked with a record.

    Attributes:
        charter: The charter; None if there is none.
        bound: The trustees' second proofs; likewise.
        older: An earlier copy of the record; likewise.
    """

    charter: Path | None
    bound: Path | None
    older: Path | None

    def read(self) -> Beside:
        """What is in them.

        Raises:
            UnavailableError: A file cannot be read.
        """
        return Beside(
            charter=None if self.charter is None else read_message(self.charter),
            bound=None if self.bound is None else read_message(self.bound),
            older=None if self.older is None else FileSource(self.older),
        )


def files_beside(
    record: Path, *, charter: Path | None = None, bound: Path | None = None, older: Path | None = None
) -> RecordFiles:
    """What was given, and in the place of what was not, what lies beside a record under the usual names."""
    return RecordFiles(
        charter=charter or _if_there(record.with_name("charter.json")),
        bound=bound or _if_there(record.with_suffix(".bound.json")),
        older=older,
    )


def digest_of(source: FileSource) -> str:
    """SHA-256 of a file of any size."""
    running = sha256()
    for start in range(0, source.size(), LARGE):
        running.update(source.read(start, LARGE))
    return running.hexdigest()


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None
