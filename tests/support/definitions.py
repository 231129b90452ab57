"""Definitions for tests: the package's template with its missing files filled in, and changes of it."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from psephos.adapters.package_data import read_text
from psephos.protocol.encoding import write_json
from psephos.referendum.definition import Definition, read_draft
from psephos.referendum.handwritten import read_handwritten

MISSING = "0" * 64
DIGEST = "5" * 64


def template() -> str:
    """The template, with every missing file there."""
    return read_text("template.toml").replace(MISSING, DIGEST)


@cache
def _read() -> dict[str, Any]:
    return read_handwritten(template().encode(), what="template")


def data() -> dict[str, Any]:
    """The template as data, to be changed."""
    return copy.deepcopy(_read())


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """The template with some places changed.

    Args:
        changes: By place, such as "calendar.opens_at" or "questions.0.text.en"; None removes what stands there.
    """
    whole = data()
    for place, value in copy.deepcopy(changes).items():
        *path, last = place.split(".")
        inner: Any = whole
        for part in path:
            inner = inner[int(part)] if isinstance(inner, list) else inner[part]
        key = int(last) if isinstance(inner, list) else last
        if value is None:
            del inner[key]
        elif isinstance(inner, list) and key == len(inner):
            inner.append(value)
        else:
            inner[key] = value
    return whole


def draft(changes: dict[str, Any] | None = None) -> Definition:
    """A definition: the template with some places changed."""
    return read_draft(write_json(changed(changes or {})))
