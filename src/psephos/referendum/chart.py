"""The margins as a chart: for each term its left side as a bar, and a mark where the right side lies.

Widths are whole numbers, so that the chart shows nothing that was rounded on the way but its last unit.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape

from psephos.referendum.handwritten import is_plain
from psephos.referendum.judging import Term
from psephos.referendum.outcome import Outcome
from psephos.referendum.truth import Truth
from psephos.referendum.turning import fewest_for_term
from psephos.referendum.words import Words, fewest_in_words, margin_in_words, outcome_in_words, term_in_words

_MARKS = {Truth.TRUE: "✓", Truth.FALSE: "✗", Truth.UNKNOWN: "?"}
_COLOURS = {Truth.TRUE: "#1b7837", Truth.FALSE: "#b2182b", Truth.UNKNOWN: "#666666"}
_SVG_WIDTH, _EDGE, _LINE = 720, 20, 110
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" lang="{lang}" '
    'direction="{direction}" font-family="sans-serif">'
)


@dataclass(frozen=True, slots=True)
class Bar:
    """A term as a bar.

    Attributes:
        term: Which term.
        certain: Length of what is certain of the left side, of `width`.
        possible: Length of what may be added to that.
        mark: Where the right side lies; None if that is not known.
    """

    term: Term
    certain: int
    possible: int
    mark: int | None


def bar(term: Term, width: int) -> Bar:
    """A term as a bar of at most so many units."""
    left, right = term.numerator, term.bound
    if left is None or right is None:
        return Bar(term, 0, 0, None)
    whole = max(left.high, right.high, Fraction(1))

    def units(value: Fraction) -> int:
        return min(width, max(0, int(value * width * Fraction(whole.denominator, whole.numerator))))

    mark = units(right.low) if right.known else None
    return Bar(term, units(left.low), units(left.high) - units(left.low), mark)


def chart_lines(outcome: Outcome, words: Words, *, width: int) -> list[str]:
    """The chart for a terminal: a line of words and a line of marks for each term."""
    lines = []
    for term in outcome.terms:
        drawn = bar(term, width)
        cells = list("█" * drawn.certain + "░" * drawn.possible + " " * (width - drawn.certain - drawn.possible))
        if drawn.mark is not None:
            cells[min(drawn.mark, width - 1)] = "│"
        lines += [
            f"{_MARKS[term.truth]} {term_in_words(term, words)}",
            f"  ▕{''.join(cells)}▏ {margin_in_words(term, words)}".rstrip(),
        ]
    return lines


def chart_svg(outcome: Outcome, words: Words) -> str:
    """The chart as an SVG image, with its words as text, for pages and reports."""
    canvas = _Canvas(right=words.direction == "rtl")
    result = " ".join(outcome_in_words(outcome, words))
    canvas.text(result, size=18)
    for term in outcome.terms:
        details = [words.truths[term.truth], margin_in_words(term, words)]
        if term.truth is not Truth.UNKNOWN:
            details.append(fewest_in_words(fewest_for_term(term, outcome.rule), words))
        below = " · ".join(filter(None, details))
        canvas.text(f"{_MARKS[term.truth]} {term_in_words(term, words)}", size=13)
        canvas.bar(bar(term, _SVG_WIDTH - 2 * _EDGE))
        canvas.text(below, size=12)
    head = _HEAD.format(
        width=_SVG_WIDTH, height=canvas.bottom + _EDGE, lang=escape(words.language), direction=words.direction
    )
    title = f"<title>{_text(outcome.rule.name)}</title>\n<desc>{_text(result)}</desc>"
    return (
        "\n".join([head, title, '<rect width="100%" height="100%" fill="#ffffff"/>', *canvas.pieces, "</svg>"]) + "\n"
    )


@dataclass
class _Canvas:
    """Draws from top to bottom; from the right for languages that are written so.

    Attributes:
        right: Whether the page begins at its right edge.
        bottom: How far down it is drawn.
        pieces: What is drawn.
    """

    right: bool
    bottom: int = _EDGE
    pieces: list[str] = field(default_factory=list)

    def text(self, text: str, *, size: int) -> None:
        x = _SVG_WIDTH - _EDGE if self.right else _EDGE
        for line in textwrap.wrap(text, _LINE * 12 // size) or [""]:
            self.bottom += size + 6
            self.pieces.append(f'<text x="{x}" y="{self.bottom}" font-size="{size}">{_text(line)}</text>')

    def bar(self, drawn: Bar) -> None:
        top, colour = self.bottom + 8, _COLOURS[drawn.term.truth]
        for start, length, opacity in ((0, drawn.certain, "1"), (drawn.certain, drawn.possible, "0.3")):
            x = _SVG_WIDTH - _EDGE - start - length if self.right else _EDGE + start
            place = f'x="{x}" y="{top}" width="{length}" height="18"'
            self.pieces.append(f'<rect {place} fill="{colour}" fill-opacity="{opacity}"/>')
        if drawn.mark is not None:
            x = _SVG_WIDTH - _EDGE - drawn.mark if self.right else _EDGE + drawn.mark
            place = f'x1="{x}" x2="{x}" y1="{top - 4}" y2="{top + 22}"'
            self.pieces.append(f'<line {place} stroke="#000000" stroke-width="2"/>')
        self.bottom = top + 24


def _text(text: str) -> str:
    """Text that may stand in an SVG: markup escaped, control characters shown as spaces."""
    return escape("".join(character if is_plain(character) else " " for character in text))
