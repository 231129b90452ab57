"""Papers as a reader has them: pages as pictures, the text on a part of a page, codes that a camera reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import zxingcpp

POINTS = 72 / 25.4
"""In a millimetre."""
HEIGHT = 297
SCALE = 3
"""Pixels in a point: 216 to the inch."""


@contextmanager
def opened(content: bytes) -> Iterator[list[Any]]:
    """The pages of a PDF."""
    document = pypdfium2.PdfDocument(content)
    try:
        yield [document[number] for number in range(len(document))]
    finally:
        document.close()


def text_on(page: Any, *, top: float = 0, bottom: float = HEIGHT) -> str:
    """The text of a page between two heights, in millimetres from the top."""
    words = page.get_textpage()
    bounds = {"top": (HEIGHT - top) * POINTS, "bottom": (HEIGHT - bottom) * POINTS}
    return str(words.get_text_bounded(left=0, right=210 * POINTS, **bounds))


def seen_on(page: Any, *, top: float = 0, bottom: float = HEIGHT) -> str:
    """Lines between two heights as they are seen: the signs from left to right, without blanks between them.

    So it is read from where the signs are, and not from the order in which the file has them.
    """
    words, lines = page.get_textpage(), {}
    for number in range(words.count_chars()):
        left, low, _, high = words.get_charbox(number, loose=True)
        sign, middle = words.get_text_range(number, 1), HEIGHT - (low + high) / 2 / POINTS
        if sign.strip() and top <= middle <= bottom:
            lines.setdefault(round(low), []).append((left, sign))
    return "\n".join("".join(sign for _, sign in sorted(lines[low])) for low in sorted(lines, reverse=True))


def codes_on(page: Any) -> set[str]:
    """What a camera reads from the picture of a page."""
    picture = page.render(scale=SCALE, grayscale=True).to_pil()
    return {found.text for found in zxingcpp.read_barcodes(picture)}


def dark_on(page: Any, *, left: float, top: float, right: float, bottom: float) -> int:
    """How many pixels of a part of a page are not white; millimetres from the upper left corner."""
    picture = page.render(scale=1, grayscale=True).to_pil()
    box = tuple(round(millimetres * POINTS) for millimetres in (left, top, right, bottom))
    return sum(1 for pixel in picture.crop(box).tobytes() if pixel < 200)
