"""PDF from a template and data. The data never becomes part of the template's text, so it is never read as markup."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from psephos.errors import UnavailableError

FONTS = ("fontpkg_ibm_plex_sans_arabic", "fontpkg_noto_sans")
_WITHOUT_SHAPE = frozenset({"Cf", "Zs"})
_LINES = frozenset("\n\t")
_PAGES = re.compile(rb"/Type/Pages/Count (\d+)")
_FOLDER = resources.files("psephos.result") / "typst"


def values_of(template: str, data: dict[str, Any], *, label: str) -> list[Any]:
    """What a template tells under a label, in the order of its pages.

    Args:
        template: See `typeset`.
        data: Likewise.
        label: Of the metadata.

    Raises:
        UnavailableError: The page could not be set.
    """
    import typst  # noqa: PLC0415 - see `typeset`

    source: Any = (_FOLDER / f"{template}.typ").read_bytes()
    with _nothing_shown(template):
        found: list[Any] = json.loads(
            typst.query(
                source,
                f"<{label}>",
                field="value",
                font_paths=font_folders(),
                ignore_system_fonts=True,
                sys_inputs={"data": json.dumps(shown(data), ensure_ascii=False)},
            )
        )
    return found


def typeset(template: str, data: dict[str, Any], *, at: int = 0, standard: Literal["ua-1"] | None = None) -> bytes:
    """A PDF: the same data give the same bytes, on every machine.

    Args:
        template: Name of a file in `typst/`, which reads the data from `sys.inputs.data`.
        data: What it shows.
        at: The time that the file names as that of its making, in seconds since 1970.
        standard: A PDF standard that the file must fulfil, such as "ua-1"; without one it is not tagged, and smaller.

    Raises:
        UnavailableError: The page could not be set.
    """
    import typst  # noqa: PLC0415 - loaded only by those who need it: it is large

    source: Any = (_FOLDER / f"{template}.typ").read_bytes()
    with _nothing_shown(template):
        made: bytes = typst.compile(
            source,
            font_paths=font_folders(),
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(shown(data), ensure_ascii=False)},
            pdf_standards=[standard] if standard else [],
            pdf_tags=standard is not None,
            timestamp=datetime.fromtimestamp(at, UTC),
        )
    return made


@contextmanager
def _nothing_shown(template: str) -> Iterator[None]:
    """Make an error of the typesetter ours.

    # SECURITY: its message may quote the data, so nothing of it is kept.
    """
    try:
        yield
    except RuntimeError:
        raise UnavailableError(f"the pages of {template} could not be set", at=template) from None


def pages_of(made: bytes) -> int:
    """How many pages a PDF of ours has."""
    found = _PAGES.search(made)
    assert found is not None
    return int(found[1])


def font_folders() -> list[Path]:
    """Where the fonts are that were installed with this package."""
    return [Path(str(resources.files(package) / "files")) for package in FONTS]


@cache
def _covered() -> frozenset[int]:
    """The code points for which one of the fonts has a shape."""
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - likewise

    points: set[int] = set()
    for file in (file for folder in font_folders() for file in sorted(folder.glob("*.ttf"))):
        with TTFont(file, lazy=True) as font:
            points |= set(font.getBestCmap())
    return frozenset(points)


def lacking(text: str) -> set[str]:
    """The characters of a text that none of the fonts can show; marks without a shape are not among them."""
    covered = _covered()
    missing = {one for one in text if ord(one) not in covered} - _LINES
    return {one for one in missing if unicodedata.category(one) not in _WITHOUT_SHAPE}


def shown(value: Any) -> Any:
    """Data in which every character that the fonts lack is written as its number, such as [U+1F600]."""
    if isinstance(value, str):
        missing = lacking(value)
        return "".join(f"[U+{ord(one):04X}]" if one in missing else one for one in value) if missing else value
    if isinstance(value, dict):
        return {name: shown(one) for name, one in value.items()}
    return [shown(one) for one in value] if isinstance(value, list | tuple) else value
