"""“Is this real?”: what a number, a fingerprint, a tracker or a file is compared with.

The ballots' fingerprints lie in files of their own, by their first characters, so that looking for one loads a piece
that thousands share. A web server learns which piece was asked for, and the page says so; a disk tells nobody. A page
from a disk may load a script and nothing else, so each file is one: a call with two texts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psephos.protocol.encoding import sha256_hex
from psephos.referendum.definition import Definition
from psephos.result.facts import Facts, QuestionFact
from psephos.result.language import Language
from psephos.result.wording import apart, picked, region_name

_IN_A_FILE = 65_536
"""At most so many, of some five megabytes; more are put into sixteen times as many files, each with thousands."""

_MOST_DIGITS = 3


@dataclass(frozen=True)
class Print:
    """A fingerprint that belongs to the vote.

    Attributes:
        what: Of what it is, in words.
        value: In hexadecimal; the root of a tree in base64.
        file: Whether it is the SHA-256 of a file that somebody may hold.
    """

    what: str
    value: str
    file: bool = False


def prints(facts: Facts, files: Mapping[str, bytes], language: Language) -> list[Print]:
    """Every fingerprint but those of ballots."""
    verified, say = facts.verified, language.say
    found = [Print(say("site.what_election"), verified.report.election.get("fingerprint", ""))]
    if verified.charter:
        found.append(Print(say("site.what_charter"), sha256_hex(verified.charter), file=True))
    if verified.received:
        found.append(Print(say("site.what_definition"), sha256_hex(verified.received), file=True))
    found.append(Print(say("site.what_event"), verified.report.head))
    if facts.root:
        found.append(Print(say("site.what_root"), facts.root))
    found.append(Print(say("site.what_record"), verified.record, file=True))
    for name, digest in _documents(verified.definition):
        found.append(Print(say("site.what_document", name=apart(name)), digest, file=True))
    known = {one.value for one in found}
    for path, content in sorted(files.items()):
        if path.startswith("data/") and not path.startswith("data/ballots-") and sha256_hex(content) not in known:
            name = apart(path.removeprefix("data/"))
            found.append(Print(say("site.what_file", name=name), sha256_hex(content), file=True))
    return [one for one in found if one.value]


def _documents(definition: Definition | None) -> Iterator[tuple[str, str]]:
    """The files that a definition names."""
    if definition is None:
        return
    information = definition.information
    named = [definition.legal.text, information.report, *(text.document for text in information.texts)]
    for document in named:
        if document is not None:
            yield document.name, document.sha256


def numbers(facts: Facts, language: Language) -> dict[str, list[str]]:
    """What each number of the result means; the same number may mean several things."""
    found: dict[str, list[str]] = defaultdict(list)
    report, say = facts.verified.report, language.say
    found[str(report.ballots)].append(say("site.number_cast"))
    found[str(report.voters)].append(say("site.number_registered"))
    if facts.verified.board is not None:
        found[str(facts.verified.board.report.entries)].append(say("site.number_entries"))
    if report.result is not None:
        found[str(report.counted)].append(say("site.number_ballots"))
        if facts.eligible:
            found[str(facts.eligible)].append(say("site.number_eligible"))
        for question in facts.questions:
            for number, what in _numbers_of(question, language):
                found[str(number)].append(what)
    return dict(sorted(found.items()))


def _numbers_of(question: QuestionFact, language: Language) -> Iterator[tuple[int, str]]:
    answers = [apart(picked(answer.texts, language.code)) for answer in question.answers]
    for answer, name in zip(question.answers, answers, strict=True):
        if answer.votes is not None:
            yield answer.votes, language.say("site.number_votes", answer=name)
    for area in question.areas:
        region = " + ".join(apart(region_name(name, language)) for name in area.names)
        yield area.counted, language.say("site.number_region_ballots", region=region)
        for votes, name in zip(area.votes, answers, strict=True):
            yield votes, language.say("site.number_region", answer=name, region=region)


def ballot_files(ballots: Sequence[str]) -> dict[str, bytes]:
    """The files with the ballots' fingerprints: each with its place in the record, counted from 1."""
    digits = digits_for(len(ballots))
    piles: dict[str, list[str]] = {f"{number:0{digits}x}" if digits else "": [] for number in range(16**digits)}
    for place, ballot in enumerate(ballots, start=1):
        piles[ballot[:digits]].append(f"{ballot[digits:]}:{place}")
    return {f"data/ballots-{start or 'all'}.js": _ballot_file(start, pile) for start, pile in piles.items()}


def _ballot_file(start: str, pile: Sequence[str]) -> bytes:
    return f"psephosBallots({json.dumps(start)}, {json.dumps(' '.join(sorted(pile)))});\n".encode()


def digits_for(count: int) -> int:
    """By how many of their first characters so many fingerprints are put into files."""
    return next((digits for digits in range(_MOST_DIGITS) if count <= _IN_A_FILE * 16**digits), _MOST_DIGITS)


def known(facts: Facts, found: Sequence[Print], language: Language) -> dict[str, Any]:
    """What the page's program compares with, and its words."""
    board = facts.verified.board
    return {
        "prints": [{"what": one.what, "value": one.value, "file": one.file} for one in found],
        "numbers": numbers(facts, language),
        "ballots": {"digits": digits_for(len(facts.verified.ballots)), "count": len(facts.verified.ballots)},
        "size": facts.verified.report.ballots if board is None else board.report.entries,
        "zero": ord(language.words.digits[0]),
        "texts": {
            name.removeprefix("site.real_"): text
            for name, text in sorted(language.phrases.items())
            if name.startswith("site.real_")
        },
    }
