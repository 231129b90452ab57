"""Evidence on disk: each finding once, under the hash of its content."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from psephos.adapters.files import write_new
from psephos.verify.evidence import Evidence, write_evidence

MOST_FILES = 100
"""Whoever makes contradictions all day does not fill the disk."""


def keep_evidence(directory: Path, evidence: Evidence) -> Path | None:
    """Write evidence down.

    Returns:
        The file; None if there is enough already.

    Raises:
        UnavailableError: It cannot be written.
    """
    content = write_evidence(evidence)
    path = directory / f"{evidence.__struct_config__.tag}-{sha256(content).hexdigest()[:32]}.json"
    if not path.exists() and directory.exists() and len(list(directory.iterdir())) >= MOST_FILES:
        return None
    write_new(path, content)
    return path
