"""What organisers sign, each on her own machine, and how their signatures come together (record.terms).

An organiser sends a note that she alone has signed. Who combines has no key: it is the same text under all of them,
and the charter says whose signatures, and how many, make it good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from psephos.board.cosignature import verifiers_of
from psephos.board.note import Ed25519Signer, Note, read_note, read_size, verify_note, write_note
from psephos.errors import InvalidProofError, MismatchError, OutOfTurnError, RefusedError
from psephos.ports import ByteSource, UnixSeconds
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.acceptance import check_setup, read_setup
from psephos.record.archive import Archive
from psephos.record.board_terms import show_time
from psephos.record.booth import INDEX, ONE_FILE, booth_file, booth_of, booth_text, is_booth_text, read_booth_text
from psephos.record.charter import Charter, fingerprint, read_charter
from psephos.record.definition_entry import definition_in, definition_text
from psephos.record.electorate import read_electorate
from psephos.record.entries import read_entries
from psephos.record.terms import (
    Terms,
    charter_text,
    closing_time_text,
    is_time_text,
    read_closing_time_text,
    read_terms,
    read_time_text,
    setup_text,
    time_text,
    verify_organisers_note,
    write_organisers_note,
)
from psephos.referendum.addenda import addendum_text, apply, in_force, read_addendum
from psephos.referendum.definition_charter import check_agreement

_CREDENTIALS = 2


class Statement(msgspec.Struct, frozen=True):
    """What is to be signed.

    Attributes:
        text: The note's text.
        name: What its files are called.
        words: What it says, a line each, for whoever signs.
    """

    text: bytes
    name: str
    words: tuple[str, ...]


def terms_of(charter: bytes) -> tuple[Charter, Terms]:
    """A charter and its part about the board.

    Raises:
        MalformedError: The charter cannot be read.
        MismatchError: It is of a referendum that is held by files.
    """
    read = read_charter(charter)
    if read.board is None:
        raise MismatchError(
            "the charter has no board, so there is nothing to sign",
            at="/board",
            hint="uncomment the section [board] of referendum.toml, and define again",
        )
    return read, read_terms(read.board)


def state_charter(charter: bytes) -> Statement:
    """Put a charter into force.

    Raises:
        MalformedError, MismatchError: See `terms_of`.
    """
    read, terms = terms_of(charter)
    observers = len(terms.receipts.groups[-1].members) if terms.receipts.groups else 1
    words = (
        f"You put a referendum into force: {read.title} ({read.kind})",
        *(f"question: {one.question} — {' | '.join(one.answers)}" for one in read.questions),
        f"trustees: {read.threshold} of {len(read.trustees)}; registrars: {len(read.registrars)}",
        f"organisers: {terms.wire.organisers_needed} of {len(terms.organisers)} must sign; observers: {observers}",
        f"log: {terms.origin}",
        f"opens {show_time(terms.wire.opens_at)}, closes {show_time(terms.wire.closes_at)}",
        f"fingerprint of the charter: {fingerprint(charter)}",
    )
    return Statement(charter_text(charter), "charter", words)


def state_setup(charter: bytes, source: ByteSource) -> Statement:
    """Set the election up.

    Args:
        charter: charter.json.
        source: setup.bel.

    Raises:
        MismatchError: The setup is not of this charter.
        PsephosError: A part of it does not hold.
    """
    read, _ = terms_of(charter)
    setup = read_setup(source)
    check_setup(setup, charter)
    archive = Archive(source)
    credentials = next(read_entries(archive)).data[_CREDENTIALS]
    electorate = read_electorate(archive.stream(credentials), credentials.size, setup.election.group)
    text = setup_text(charter=fingerprint(charter), setup=setup.fingerprint, timestamp=UnixSeconds(archive.timestamp))
    words = (
        f"You set the election up: {read.title} ({read.kind})",
        f"voters' credentials: {len(electorate)}; trustees: {', '.join(read.trustees)}",
        f"fingerprint of the charter: {fingerprint(charter)}",
        f"fingerprint of the setup:   {setup.fingerprint}",
    )
    return Statement(text, "setup", words)


def state_closing_time(charter: bytes, *, number: int, closes_at: UnixSeconds) -> Statement:
    """Move the closing time.

    Raises:
        RefusedError: The charter does not allow that time.
    """
    read, terms = terms_of(charter)
    wire = terms.wire
    if number < 1 or not wire.earliest_close <= closes_at <= wire.latest_close:
        raise RefusedError(
            f"the charter does not allow to close at {show_time(closes_at)}",
            at="closing time",
            hint=f"between {show_time(wire.earliest_close)} and {show_time(wire.latest_close)}, whoever signs",
        )
    before = show_time(wire.closes_at) if number == 1 else f"the time of change {number - 1}"
    words = (
        f"You move the closing time of: {read.title} ({read.kind})",
        f"change number {number}: from {before} to {show_time(closes_at)}",
        f"fingerprint of the charter: {fingerprint(charter)}",
    )
    text = closing_time_text(charter=fingerprint(charter), number=number, closes_at=closes_at)
    return Statement(text, f"closing-time-{number}", words)


def state_time(charter: bytes, *, at: UnixSeconds, now: UnixSeconds) -> Statement:
    """Say what time it is, so that the vote can be closed where no quorum of observers can.

    Args:
        charter: charter.json.
        at: What the organisers say together.
        now: This computer's clock.

    Raises:
        OutOfTurnError: It is not that late yet.
    """
    read, terms = terms_of(charter)
    if at > now:
        raise OutOfTurnError(f"{show_time(at)} has not come yet: this computer says {show_time(now)}", at="time")
    if at < terms.wire.earliest_close:
        raise OutOfTurnError(f"at {show_time(at)} the vote cannot be closed under its charter", at="time")
    words = (
        f"You say, in place of the observers' clocks, that {show_time(at)} has come: {read.title} ({read.kind})",
        "The vote can be closed on this word if that is its closing time or later; every report will say so for ever.",
        f"fingerprint of the charter: {fingerprint(charter)}",
    )
    return Statement(time_text(charter=fingerprint(charter), now=at), f"time-{at}", words)


def state_definition(charter: bytes, definition: bytes, *, rule: Sequence[str] = ()) -> Statement:
    """Put a definition into force.

    Args:
        charter: charter.json, which names it.
        definition: definition.json.
        rule: Its outcome rule in words, a sentence a line.

    Raises:
        MismatchError: It is not the charter's, or they say different things.
        MalformedError: It cannot be read.
    """
    read, _ = terms_of(charter)
    defined = check_agreement(definition, read, charter)
    digest = sha256_hex(definition)
    words = (
        f"You put a definition into force: {read.title} ({defined.kind})",
        *(f"question: {one.question} — {' | '.join(one.answers)}" for one in read.questions),
        *(f"rule: {line}" for line in rule),
        f"the linter's findings were answered: {len(defined.justifications)} justified, {len(defined.reviews)} reviews",
        f"fingerprint of the charter:    {fingerprint(charter)}",
        f"fingerprint of the definition: {digest}",
    )
    return Statement(definition_text(digest), "definition", words)


def state_addendum(charter: bytes, definition: bytes, addenda: Sequence[bytes]) -> Statement:
    """Put an addendum into force.

    Args:
        charter: charter.json.
        definition: definition.json.
        addenda: Those in force, in their order, and last the new one.

    Raises:
        RefusedError, OutOfTurnError, MismatchError: The definition does not allow it.
        MalformedError: Something cannot be read.
    """
    read, _ = terms_of(charter)
    check_agreement(definition, read, charter)
    now = in_force(definition)
    for one in addenda:
        now = apply(now, read_addendum(one))
    addendum = read_addendum(addenda[-1])
    change = write_json(addendum.change).decode()
    words = (
        f"You change what is in force: {read.title} ({read.kind})",
        f"addendum {addendum.number}, decided {addendum.made_at}: {change}",
        f"fingerprint of the charter:    {fingerprint(charter)}",
        f"fingerprint of the addendum:   {sha256_hex(addenda[-1])}",
    )
    return Statement(addendum_text(addenda[-1], charter=fingerprint(charter)), f"addendum-{addendum.number}", words)


def state_booth(charter: bytes, files: Mapping[str, bytes], *, number: int) -> Statement:
    """Say which bytes voters' browsers have to get.

    Args:
        charter: charter.json.
        files: The booth as it was built: contents by name.
        number: Of the publication, 1 for the first.

    Raises:
        MalformedError: A name or a size that cannot be.
        MismatchError: There is no page among them, or one that was made for another vote.
    """
    read, _ = terms_of(charter)
    named = fingerprint(charter)
    if not {INDEX, ONE_FILE} & set(files):
        raise MismatchError(f"neither {INDEX} nor {ONE_FILE} is among the files", at="files")
    mark = f'<meta name="psephos-charter" content="{named}">'.encode()
    for name, content in files.items():
        if name.endswith(".html") and content.count(mark) != 1:
            raise MismatchError(
                f"{name} was not built for this charter only",
                at=name,
                hint=f"build the page with --charter {named}",
            )
    booth = booth_of((booth_file(name, content) for name, content in files.items()), number=number)
    words = (
        f"You say which page voters' browsers have to get: {read.title} ({read.kind})",
        f"publication number {number}; it takes the place of earlier ones",
        *(f"{one.digest}  {one.name} ({one.size} bytes)" for one in booth.files),
        f"fingerprint of the charter: {named}",
    )
    return Statement(booth_text(booth, charter=named), f"booth-{number}", words)


def sign(charter: bytes, statement: Statement, signer: Ed25519Signer) -> bytes:
    """The statement as a note that one organiser has signed.

    Raises:
        MismatchError: The charter does not name her key.
    """
    _, terms = terms_of(charter)
    if signer.key not in terms.organisers:
        raise MismatchError(
            f"the charter does not name your key as an organiser's: {signer.key}",
            at="/board/organisers",
            hint="do not go on: ask the other organisers whose key stands in your place",
        )
    return write_note(Note(statement.text, (signer.sign(statement.text),)))


def combine(charter: bytes, notes: Sequence[bytes]) -> tuple[bytes, str]:
    """Put together what single organisers have signed.

    Args:
        charter: charter.json.
        notes: Of one text, from as many of them as there are.

    Returns:
        The note that the board takes, and what its file is called.

    Raises:
        OutOfTurnError: Too few have signed; names those who have not.
        MismatchError: The notes are of different texts, or of another referendum.
        InvalidProofError: A signature does not hold.
    """
    _, terms = terms_of(charter)
    parts = [read_note(note) for note in notes]
    if len({part.text for part in parts}) != 1:
        raise MismatchError(
            "these notes are not of one text",
            at="notes",
            hint="each organiser signs the same file, or the same time; give the notes of one statement only",
        )
    text, lines = parts[0].text, {(line.name, line.key_id): line for part in parts for line in part.signatures}
    name = _name_of(text, charter)
    known = {(key.name, key.key_id) for key in terms.organisers}
    strangers = [line.name for pair, line in lines.items() if pair not in known]
    if strangers:
        raise InvalidProofError("signed by somebody who is no organiser of this charter", culprit=strangers[0])
    for part in parts:
        verify_note(part, verifiers_of(terms.organisers))
    if len(lines) < terms.wire.organisers_needed:
        missing = [key.name for key in terms.organisers if (key.name, key.key_id) not in lines]
        raise OutOfTurnError(
            f"{len(lines)} of the {terms.wire.organisers_needed} organisers who must sign have signed",
            at="signatures",
            hint=f"ask for the note of one of: {', '.join(missing)}",
        )
    combined = write_organisers_note(text, lines.values(), terms)
    verify_organisers_note(combined, terms)
    return combined, name


def _name_of(text: bytes, charter: bytes) -> str:
    """What a statement's file is called.

    Raises:
        MismatchError: It is not about this charter.
    """
    named = fingerprint(charter)
    defined = definition_in(read_charter(charter).text)
    whole = {charter_text(charter): "charter"} | ({definition_text(defined): "definition"} if defined else {})
    if text in whole:
        return whole[text]
    if text.startswith(b"psephos/setup/1\n%s\n" % named.encode()):
        return "setup"
    if text.startswith(b"psephos/addendum/1\n%s\n" % named.encode()):
        third = text.split(b"\n")[2].decode("ascii", "replace")
        return f"addendum-{read_size(third, at='number')}"
    if is_booth_text(text):
        return f"booth-{read_booth_text(text, charter=named).number}"
    if is_time_text(text):
        return f"time-{read_time_text(text, charter=named)}"
    number, _ = read_closing_time_text(text, charter=named)
    return f"closing-time-{number}"
