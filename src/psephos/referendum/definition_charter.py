"""What a charter takes from a definition beside its questions: times, keys, policies, regions; and who watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psephos.board.note import VerifierKey
from psephos.errors import MalformedError, MismatchError, RefusedError
from psephos.record.board_terms import BoardTerms
from psephos.record.charter import Charter
from psephos.record.terms import Terms, read_terms
from psephos.referendum.definition import Definition, check_against_charter
from psephos.referendum.definition_regions import region_terms
from psephos.referendum.moments import a_second_after, seconds


def board_fields(definition: Definition) -> dict[str, Any]:
    """What the section about the board takes from a definition: organisers' keys, how many must sign, the times.

    Closing is moved within the extension clause, hence later only; a rehearsal may be ended from its opening on.

    Raises:
        MalformedError: An organiser's key or a time is not in the definition; says which.
    """
    organisers, calendar = definition.parties.organisers, definition.calendar
    for place, party in enumerate(organisers):
        if not party.key:
            raise MalformedError(
                f"the key of {party.name} is missing: who signs on a board is part of the definition",
                at=f"/parties/organisers/{place}/key",
                hint="psephos organiser key, on her own machine, prints it",
            )
    opens, closes, extension = calendar.opens_at, calendar.closes_at, calendar.extension
    if opens is None or closes is None:
        name = "opens_at" if opens is None else "closes_at"
        raise MalformedError("a board needs this time", at=f"/calendar/{name}")
    return {
        "organisers": [party.key for party in organisers],
        "organisers_needed": definition.parties.organisers_needed,
        "opens_at": opens,
        "closes_at": closes,
        "earliest_close": a_second_after(opens) if definition.kind == "rehearsal" else closes,
        "latest_close": closes if extension is None else extension.latest_close,
    }


def check_agreement(received: bytes, charter: Charter, charter_bytes: bytes) -> Definition:
    """Check that a charter says what its definition says, wherever both say something.

    Args:
        received: The published definition.
        charter: As read.
        charter_bytes: As received.

    Raises:
        MismatchError: It does not; names the part that differs.
        MalformedError: The definition cannot be read, or lacks what its charter needs.
    """
    definition = check_against_charter(received, charter, charter_bytes)
    _compare("regions", charter.regions, region_terms(definition))
    for place, (ours, theirs) in enumerate(zip(definition.parties.registrars, charter.registrars, strict=True)):
        if ours.key:
            _compare(f"registrars/{place}/key", theirs.key, ours.key)
    if charter.board is not None:
        _check_board(definition, charter.board)
    return definition


def _check_board(definition: Definition, board: BoardTerms) -> None:
    fields = board_fields(definition)
    _compare("board/organisers", list(board.organisers), fields["organisers"])
    _compare("board/organisers_needed", board.organisers_needed, fields["organisers_needed"])
    for name in ("opens_at", "closes_at", "earliest_close", "latest_close"):
        _compare(f"board/{name}", getattr(board, name), seconds(fields[name], at=f"/calendar/{name}"))
    for name in ("receipts", "tally"):
        ours = getattr(definition.observation, name)
        if ours:
            _compare(f"board/{name}", getattr(board, name), ours)
    observers = _observers(read_terms(board))
    for place, witness in enumerate(definition.observation.witnesses):
        keys = [key for one in observers if witness.name in one.names for key in one.keys]
        if witness.key and keys and witness.key not in keys:
            raise MismatchError("the charter has another key of this name", at=f"/observation/witnesses/{place}/key")


def _compare(part: str, theirs: object, ours: object) -> None:
    if theirs != ours:
        raise MismatchError("not what the definition says", at=f"/{part}")


# ── who watches ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Observer:
    """An observer whose word a policy counts.

    Attributes:
        name: In the policy.
        names: This one, and those of its keys.
        keys: Its keys.
    """

    name: str
    names: frozenset[str]
    keys: tuple[str, ...]


def _observers(terms: Terms) -> tuple[_Observer, ...]:
    """Those of both policies; one who is in both has one name in them, and keys of its own in each."""
    found: dict[str, list[VerifierKey]] = {}
    for policy in (terms.receipts, terms.tally):
        for member in policy.members:
            found.setdefault(member, []).extend(witness.key for witness in policy.witnesses_of(member))
    return tuple(
        _Observer(name, frozenset({name, *(key.name for key in keys)}), tuple(map(str, keys)))
        for name, keys in found.items()
    )


@dataclass(frozen=True, slots=True)
class Apart:
    """In what a definition and its charter differ about who watches.

    Attributes:
        unnamed: Observers whose word the charter counts, and whom the definition does not name.
        uncounted: Witnesses whom the definition names, and whose word the charter does not count.
    """

    unnamed: tuple[str, ...]
    uncounted: tuple[str, ...]

    @property
    def sentences(self) -> list[tuple[str, str, str]]:
        """What is to be said of it, its kind first, and the names last; empty if there is no difference."""
        differences = (
            ("unnamed", "the charter counts on observers whom the definition does not name", self.unnamed),
            ("uncounted", "the definition names witnesses on whom the charter does not count", self.uncounted),
        )
        listed = ((kind, said, ", ".join(names)) for kind, said, names in differences if names)
        return [(kind, f"{said}: {names}", names) for kind, said, names in listed]


def check_observers(definition: Definition, terms: Terms) -> None:
    """Refuse a charter that counts on other observers than its definition names.

    Raises:
        RefusedError: It does; names them.
    """
    for _, sentence, _ in compare_observers(definition, terms).sentences:
        raise RefusedError(
            sentence,
            at="/observation/witnesses",
            hint="name the same observers in the definition and in board.toml: who watches is what organisers sign",
        )


def compare_observers(definition: Definition, terms: Terms) -> Apart:
    """Whether the witnesses that a definition names are those whose quorum counts: by name, as pages show them."""
    observers = _observers(terms)
    named = [witness.name for witness in definition.observation.witnesses]
    unnamed = tuple(one.name for one in observers if not one.names & set(named))
    counted = {name for one in observers for name in one.names}
    return Apart(unnamed, tuple(name for name in named if name not in counted))
