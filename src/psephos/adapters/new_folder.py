"""A folder that appears as a whole, or not at all; never over another one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from psephos.adapters.files import sync
from psephos.errors import RefusedError, UnavailableError


def write_folder(path: Path, files: Mapping[str, bytes]) -> bool:
    """Write a folder of files.

    Args:
        path: Where; its parent is made if it is not there.
        files: By their paths in it, with slashes.

    Returns:
        False if the very same files were there already.

    Raises:
        RefusedError: Something else is there.
        UnavailableError: It cannot be written.
    """
    try:
        if path.exists():
            if _holds(path, files):
                return False
            raise RefusedError(
                f"{path} exists and is never overwritten", at=str(path), hint="name a folder that is not there yet"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
        try:
            _fill(part, files)
            part.chmod(0o755)
            part.rename(path)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        sync(path.parent)
    except OSError as error:
        raise UnavailableError(f"{path}: {error.strerror or error}", at=str(path)) from None
    return True


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    # All are written before the first is waited for: the disk then takes them together.
    for one in sorted({folder / name for name in files} | {(folder / name).parent for name in files}):
        sync(one)


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether a folder holds these files and no others."""
    if not folder.is_dir():
        return False
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if not file.is_dir()}
    return there == set(files) and all((folder / name).read_bytes() == content for name, content in files.items())
