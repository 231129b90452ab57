"""Data that comes with the package: words in each language, cases of the past."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from psephos.errors import UnavailableError

_DATA = resources.files("psephos.referendum") / "data"


def read_data(name: str) -> Any:
    """A data file of the package.

    Raises:
        UnavailableError: There is no such file; names those that there are.
    """
    file = _DATA / f"{name}.json"
    if not file.is_file():
        raise UnavailableError(f"{name}: not among the package's data", hint=", ".join(data_names()))
    return json.loads(file.read_text(encoding="utf-8"))


def read_text(name: str) -> str:
    """A text file of the package, such as a template.

    Raises:
        UnavailableError: There is no such file.
    """
    file = _DATA / name
    if not file.is_file():
        raise UnavailableError(f"{name}: not among the package's data")
    return file.read_text(encoding="utf-8")


def data_names(prefix: str = "") -> list[str]:
    """Names of the data files that begin so."""
    names = (file.name.removesuffix(".json") for file in _DATA.iterdir() if file.name.endswith(".json"))
    return sorted(name for name in names if name.startswith(prefix))
