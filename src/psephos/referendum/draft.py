"""The first draft of a rehearsal: the package's template with a few answers put into it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from psephos.errors import MalformedError
from psephos.referendum.definition import read_draft
from psephos.referendum.handwritten import is_plain
from psephos.referendum.moments import a_second_before

_SLOT = re.compile(r"@([a-z_]+)@")
_EXPLANATION = "Yes: what is proposed is done. No: things stay as they are."
_NO_REGIONS = """
# Where the result is counted by region as well: docs/explanation/regions.md. The rule may then name regions.
# minimum_registered = 100          # in [suppression]: no region has fewer voters
# merging = "smallest-first"        # in [suppression]
# decided_at = …                    # in [suppression]: before the opening
# merge_unanimous = true            # in [suppression]: pages show no region alone whose ballots all say the same
#
# [regions]
# rest = 0                          # voters in no region
# weights_add_up_to = "2"
# leaves = [ { id = "North", registered = 3000 }, { id = "South", registered = 2000 } ]
"""


@dataclass(frozen=True)
class Basics:
    """What is asked of whoever begins.

    Attributes:
        title: Of the rehearsal.
        question: As voters see it.
        opens_at: With its offset.
        closes_at: With its offset.
        latest_close: As far as the closing time may be moved.
        voters: How many are registered.
        minimum_counted: No sum of fewer ballots is decrypted.
        trustees: How many hold the key.
        threshold: How many of them are needed to decrypt.
        registrars: How many make credentials.
        organisers: Their names are roles; here their keys, empty where they are not known yet.
        organisers_needed: How many of them must sign.
        regions: Each with the number of its voters; whoever is in none counts in the country only. With regions, the
            proposal needs a majority in the country and in more than half of them.
    """

    title: str
    question: str
    opens_at: str
    closes_at: str
    latest_close: str
    voters: int
    minimum_counted: int
    trustees: int
    threshold: int
    registrars: int
    organisers: tuple[str, ...]
    organisers_needed: int
    regions: tuple[tuple[str, int], ...] = ()


def draft_rehearsal(template: str, basics: Basics) -> bytes:
    """A definition that organisers go on with, in TOML, with the template's comments.

    Args:
        template: With slots such as @title@.
        basics: What stands in them.

    Raises:
        MalformedError: What was answered cannot stand in a definition; says where.
    """
    slots = {
        "title": _text(basics.title),
        "question": _text(basics.question),
        "explanation": _text(_EXPLANATION),
        "zone": _text("UTC"),
        "opens_at": basics.opens_at,
        "closes_at": basics.closes_at,
        "latest_close": basics.latest_close,
        "voters": str(basics.voters),
        "minimum": str(basics.minimum_counted),
        "threshold": str(basics.threshold),
        "organisers_needed": str(basics.organisers_needed),
        "organisers": "".join(
            f'  {{ name = "Organiser {number}", key = {_text(key)} }},\n'
            for number, key in enumerate(basics.organisers, start=1)
        ),
        "rule": _text("double-majority" if basics.regions else "simple-majority"),
        "rule_name": _text("Double majority" if basics.regions else "Simple majority"),
        "regions": _regions(basics) if basics.regions else _NO_REGIONS,
        "registrars": _parties("Registrar", basics.registrars),
        "trustees": _parties("Trustee", basics.trustees),
    }
    written = _SLOT.sub(lambda slot: slots[slot[1]], template).encode()
    read_draft(written)
    return written


def _regions(basics: Basics) -> str:
    """The regions, and how small ones are merged: by a rule that was fixed before the opening.

    Raises:
        MalformedError: They have more voters than there are.
    """
    rest = basics.voters - sum(voters for _, voters in basics.regions)
    if rest < 0:
        raise MalformedError(f"the regions have more than {basics.voters} voters", at="--region")
    leaves = "".join(f"  {{ id = {_text(name)}, registered = {voters} }},\n" for name, voters in basics.regions)
    return (
        f"minimum_registered = {basics.minimum_counted}              # no region has fewer voters\n"
        'merging = "smallest-first"          # regions with too few ballots are counted together\n'
        f"decided_at = {a_second_before(basics.opens_at)}\n\n"
        f"[regions]                           # docs/explanation/regions.md\n"
        f"rest = {rest}                            # voters in no region\n"
        f'weights_add_up_to = "{len(basics.regions)}"\nleaves = [\n{leaves}]\n'
    )


def _parties(role: str, count: int) -> str:
    return "".join(f'  {{ name = "{role} {number}" }},\n' for number in range(1, count + 1))


def _text(text: str) -> str:
    """A text as TOML writes it: what can stand in a definition needs no other escapes than JSON's.

    Raises:
        MalformedError: A character of it changes how a screen shows the others.
    """
    if not all(map(is_plain, text)):
        raise MalformedError(f"{text[:40]!a} holds a character that does not show itself: it cannot stand there")
    return json.dumps(text, ensure_ascii=False)
