"""Every kind of entry that has no effect, the place in the good log where it stands, and the reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

from psephos.protocol.ballot import BallotForm
from psephos.protocol.casting import encrypt, selection, sign
from psephos.protocol.election import read_election
from psephos.protocol.encoding import sha256_hex, write_json
from psephos.record.acceptance import make_acceptance, registrar_party, trustee_party
from psephos.record.board_entries import (
    BoardEntry,
    EntryKind,
    Part,
    StartAlone,
    inline_part,
    make_board_entry,
    write_board_entry,
)
from psephos.record.booth import booth_file, booth_of, booth_text
from psephos.record.entries import SetupData
from psephos.record.rules import Reason
from psephos.record.terms import setup_text
from tests.support.logged import (
    CLOSES,
    EARLIEST,
    LATEST,
    LOG,
    ORGANISERS,
    STRANGER,
    MemoryLog,
    Vote,
    board_terms,
    hold_vote,
    log_of,
    note_by,
    secrets_of,
    succession_note,
    time_proof,
)
from tests.support.referendum import NOW, hold, tampered
from tests.support.world import randomness

BALLOTS, CLOSE, TALLY, DECRYPTED, RESULT, END = 6, 14, 15, 16, 18, 19
"""Places in the good log: first ballot, EndBallots, EncryptedTally, first PartialDecryption, Result, size."""


def entry(kind: EntryKind, *contents: bytes, salt: bytes = b"") -> bytes:
    """An entry without blobs."""
    received, blobs = make_board_entry(kind, contents, salt=salt)
    assert not blobs
    return received


def ballot_by(vote: Vote) -> bytes:
    """A ballot that holds, by somebody who is not listed."""
    form = BallotForm(read_election(vote.setup[0]))
    secrets, random = secrets_of(40), randomness(41)
    choices = [[selection(form.election.questions[0], [0])]]
    return sign(encrypt(form, secrets.public(), choices, random), secrets, random)[0]


def other_acceptance(vote: Vote, *, party: str, setup: str | None = None) -> bytes:
    """An acceptance signed by a stranger's key."""
    fingerprint = setup or sha256_hex(vote.setup[-1])
    return make_acceptance(secrets_of(50), party=party, setup=fingerprint, rng=randomness(51))


def forged(ballot: bytes) -> bytes:
    """The ballot with another last digit in its signature."""
    return ballot[:-5] + (b"1" if ballot[-5:-4] != b"1" else b"2") + ballot[-4:]


def signed_by(vote: Vote, count: int) -> bytes:
    """The setup's fingerprint signed by some organisers."""
    text = setup_text(charter=vote.name, setup=sha256_hex(vote.setup[-1]), timestamp=NOW)
    return note_by(text, *ORGANISERS[:count])


def booth_entry(vote: Vote, number: int, *, signers: int = 2, charter: str = "") -> bytes:
    """A publication of the booth."""
    booth = booth_of([booth_file("index.html", b"<!doctype html>")], number=number)
    text = booth_text(booth, charter=charter or vote.name)
    return entry(EntryKind.BOOTH, note_by(text, *ORGANISERS[:signers]))


Bad = Callable[[Vote, MemoryLog], bytes]
BAD: dict[str, tuple[int, Reason, Bad]] = {
    "nothing": (7, Reason.MALFORMED, lambda _v, _log: b""),
    "cut off": (7, Reason.MALFORMED, lambda v, _log: entry(EntryKind.BALLOT, v.ballots[-1])[:-1]),
    "a bare ballot": (7, Reason.MALFORMED, lambda v, _log: v.ballots[-1]),
    "unknown kind": (7, Reason.UNKNOWN_KIND, lambda _v, _log: b"psephos/Abdication/1\ninline 0\n\n"),
    "unknown version": (7, Reason.UNKNOWN_KIND, lambda _v, _log: b"psephos/Ballot/2\ninline 0\n\n"),
    "second charter": (1, Reason.OUT_OF_TURN, lambda v, _log: entry(EntryKind.CHARTER, v.signed_charter())),
    "setup signed by nobody we know": (
        1,
        Reason.UNSIGNED,
        lambda v, _log: entry(
            EntryKind.SETUP,
            *v.setup,
            note_by(setup_text(charter=v.name, setup=sha256_hex(v.setup[-1]), timestamp=NOW), STRANGER, STRANGER),
        ),
    ),
    "setup signed by too few": (1, Reason.UNSIGNED, lambda v, _log: entry(EntryKind.SETUP, *v.setup, signed_by(v, 1))),
    "setup with another's signatures": (
        1,
        Reason.UNSIGNED,
        lambda v, _log: entry(EntryKind.SETUP, *v.setup, v.signed_charter()),
    ),
    "setup that does not come with its election": (
        1,
        Reason.SETUP,
        lambda v, _log: entry(EntryKind.SETUP, b"{}", *v.setup[1:], v.signed_setup()),
    ),
    "setup of another charter": (1, Reason.SETUP, lambda v, _log: other_setup(v)),
    "setup with weights": (
        1,
        Reason.SETUP,
        lambda v, _log: setup_of(v, credentials=v.setup[2].replace(b'","', b',2","', 1)),
    ),
    "setup with a credential twice": (
        1,
        Reason.SETUP,
        lambda v, _log: setup_of(v, credentials=v.setup[2][:-1] + b"," + v.setup[2][1:]),
    ),
    "setup without credentials": (1, Reason.SETUP, lambda v, _log: setup_of(v, credentials=b"[]")),
    "setup with a certificate": (1, Reason.SETUP, lambda v, _log: setup_of(v, certificate=True)),
    "setup with another key": (1, Reason.SETUP, lambda v, _log: setup_of(v, election=with_other_key(v))),
    "setup with other trustees": (1, Reason.SETUP, lambda v, _log: setup_of(v, trustees=hold(3, 2).trustees)),
    "setup with trustees that are none": (1, Reason.SETUP, lambda v, _log: setup_of(v, trustees=b"[]")),
    "second setup": (2, Reason.OUT_OF_TURN, lambda v, _log: entry(EntryKind.SETUP, *v.setup, v.signed_setup())),
    "acceptance before the setup": (
        1,
        Reason.OUT_OF_TURN,
        lambda v, _log: entry(EntryKind.ACCEPTANCE, v.acceptances[0]),
    ),
    "acceptance of a stranger": (
        3,
        Reason.ACCEPTANCE,
        lambda v, _log: entry(EntryKind.ACCEPTANCE, other_acceptance(v, party="trustee 4")),
    ),
    "acceptance with a stranger's key": (
        3,
        Reason.ACCEPTANCE,
        lambda v, _log: entry(EntryKind.ACCEPTANCE, other_acceptance(v, party=trustee_party(2))),
    ),
    "acceptance of another setup": (
        3,
        Reason.ACCEPTANCE,
        lambda v, _log: entry(
            EntryKind.ACCEPTANCE, other_acceptance(v, party=registrar_party(1), setup=sha256_hex(b"other"))
        ),
    ),
    "acceptance twice": (4, Reason.ACCEPTANCE, lambda v, _log: entry(EntryKind.ACCEPTANCE, v.acceptances[0])),
    "acceptance that is none": (4, Reason.ACCEPTANCE, lambda _v, _log: entry(EntryKind.ACCEPTANCE, b"{}")),
    "late acceptance": (7, Reason.OUT_OF_TURN, lambda v, _log: entry(EntryKind.ACCEPTANCE, v.acceptances[0])),
    "premature ballot": (1, Reason.OUT_OF_TURN, lambda v, _log: entry(EntryKind.BALLOT, v.ballots[-1])),
    "ballot before everybody has accepted": (
        5,
        Reason.OUT_OF_TURN,
        lambda v, _log: entry(EntryKind.BALLOT, v.ballots[-1]),
    ),
    "ballot that is none": (7, Reason.BALLOT, lambda _v, _log: entry(EntryKind.BALLOT, b"{}")),
    "ballot that is too large": (7, Reason.BALLOT, lambda _v, _log: entry(EntryKind.BALLOT, b"x" * 10_001)),
    "ballot with a forged signature": (
        7,
        Reason.BALLOT,
        lambda v, _log: entry(EntryKind.BALLOT, forged(v.ballots[-1])),
    ),
    "ballot with a changed proof": (
        7,
        Reason.BALLOT,
        lambda v, _log: entry(
            EntryKind.BALLOT, tampered(v.ballots[-1], ("answers", 0, "overall_proof", 0, "response"))
        ),
    ),
    "ballot signed over a proof that fails": (7, Reason.BALLOT, lambda v, _log: entry(EntryKind.BALLOT, v.unproven)),
    "ballot of a stranger": (7, Reason.BALLOT, lambda v, _log: entry(EntryKind.BALLOT, ballot_by(v))),
    "ballot of another election": (
        7,
        Reason.BALLOT,
        lambda _v, _log: entry(EntryKind.BALLOT, another_vote().ballots[0]),
    ),
    "ballot twice": (8, Reason.DUPLICATE, lambda v, _log: entry(EntryKind.BALLOT, v.ballots[0])),
    "replay after a revote": (CLOSE, Reason.DUPLICATE, lambda v, _log: entry(EntryKind.BALLOT, v.ballots[0])),
    "replay between revotes": (11, Reason.DUPLICATE, lambda v, _log: entry(EntryKind.BALLOT, v.ballots[3])),
    "late ballot": (CLOSE + 1, Reason.OUT_OF_TURN, lambda v, _log: entry(EntryKind.BALLOT, v.ballots[-1])),
    "ballot after the result": (END, Reason.OUT_OF_TURN, lambda v, _log: entry(EntryKind.BALLOT, v.ballots[-1])),
    "close before the setup": (
        1,
        Reason.OUT_OF_TURN,
        lambda _v, log: entry(EntryKind.END_BALLOTS, time_proof(log.first(1))),
    ),
    "close before everybody has accepted": (
        4,
        Reason.OUT_OF_TURN,
        lambda _v, log: entry(EntryKind.END_BALLOTS, time_proof(log.first(4))),
    ),
    "early close": (
        9,
        Reason.CLOSING,
        lambda _v, log: entry(EntryKind.END_BALLOTS, time_proof(log.first(9), CLOSES - 1)),
    ),
    "early close with one observer's wrong clock": (
        9,
        Reason.CLOSING,
        lambda _v, log: entry(EntryKind.END_BALLOTS, time_proof(log.first(9), observers=4, late=2)),
    ),
    "close with too few observers": (
        9,
        Reason.CLOSING,
        lambda _v, log: entry(EntryKind.END_BALLOTS, time_proof(log.first(9), observers=2)),
    ),
    "close with a checkpoint of the future": (
        9,
        Reason.CLOSING,
        lambda _v, log: entry(EntryKind.END_BALLOTS, time_proof(log.first(9), size=100)),
    ),
    "close without proof": (9, Reason.CLOSING, lambda _v, _log: entry(EntryKind.END_BALLOTS, b"")),
    "close on one organiser's word": (
        9,
        Reason.CLOSING,
        lambda v, _log: entry(
            EntryKind.END_BALLOTS, note_by(f"psephos/time/1\n{v.name}\n{CLOSES}\n".encode(), ORGANISERS[0])
        ),
    ),
    "early close on the organisers' word": (
        9,
        Reason.CLOSING,
        lambda v, _log: entry(EntryKind.END_BALLOTS, v.time(CLOSES - 1)),
    ),
    "closing time beyond the clause": (
        9,
        Reason.CLOSING,
        lambda v, _log: entry(EntryKind.CLOSING_TIME, v.closing_time(1, LATEST + 1)),
    ),
    "closing time before the clause": (
        9,
        Reason.CLOSING,
        lambda v, _log: entry(EntryKind.CLOSING_TIME, v.closing_time(1, EARLIEST - 1)),
    ),
    "closing time out of order": (
        9,
        Reason.CLOSING,
        lambda v, _log: entry(EntryKind.CLOSING_TIME, v.closing_time(2, LATEST)),
    ),
    "closing time without signatures": (
        9,
        Reason.UNSIGNED,
        lambda v, _log: entry(
            EntryKind.CLOSING_TIME, note_by(v.closing_time(1, LATEST).split(b"\n\n")[0] + b"\n", STRANGER)
        ),
    ),
    "closing time after the close": (
        CLOSE + 1,
        Reason.OUT_OF_TURN,
        lambda v, _log: entry(EntryKind.CLOSING_TIME, v.closing_time(1, LATEST)),
    ),
    "booth signed by too few": (9, Reason.BOOTH, lambda v, _log: booth_entry(v, 1, signers=1)),
    "booth that is not the first": (9, Reason.BOOTH, lambda v, _log: booth_entry(v, 2)),
    "booth of another charter": (9, Reason.BOOTH, lambda v, _log: booth_entry(v, 1, charter="ab" * 32)),
    "booth without files": (
        9,
        Reason.BOOTH,
        lambda v, _log: entry(EntryKind.BOOTH, note_by(f"psephos/booth/1\n{v.name}\n1\n".encode(), *ORGANISERS)),
    ),
    "booth with another statement's signatures": (
        9,
        Reason.BOOTH,
        lambda v, _log: entry(EntryKind.BOOTH, v.closing_time(1, LATEST)),
    ),
    "booth after the close": (CLOSE + 1, Reason.OUT_OF_TURN, lambda v, _log: booth_entry(v, 1)),
    "second close": (
        CLOSE + 1,
        Reason.OUT_OF_TURN,
        lambda _v, log: entry(EntryKind.END_BALLOTS, time_proof(log.first(15), CLOSES + 60)),
    ),
    "tally before the close": (9, Reason.OUT_OF_TURN, lambda v, _log: entry(EntryKind.ENCRYPTED_TALLY, *v.tally)),
    "tally of other ballots": (
        TALLY,
        Reason.TALLY,
        lambda v, _log: other_tally(v),
    ),
    "tally with another number": (
        TALLY,
        Reason.TALLY,
        lambda v, _log: entry(EntryKind.ENCRYPTED_TALLY, v.tally[0], tampered(v.tally[1], ("num_tallied",))),
    ),
    "tally with another weight": (
        TALLY,
        Reason.TALLY,
        lambda v, _log: entry(EntryKind.ENCRYPTED_TALLY, v.tally[0], tampered(v.tally[1], ("total_weight",))),
    ),
    "tally of another size's sums": (
        TALLY,
        Reason.TALLY,
        lambda v, _log: entry(EntryKind.ENCRYPTED_TALLY, v.tally[0], tampered(v.tally[1], ("encrypted_tally",))),
    ),
    "tally that is none": (TALLY, Reason.TALLY, lambda v, _log: entry(EntryKind.ENCRYPTED_TALLY, b"[]", v.tally[1])),
    "second tally": (TALLY + 1, Reason.OUT_OF_TURN, lambda v, _log: entry(EntryKind.ENCRYPTED_TALLY, *v.tally)),
    "decryption before the tally": (
        TALLY,
        Reason.OUT_OF_TURN,
        lambda v, _log: entry(EntryKind.PARTIAL_DECRYPTION, *v.decryptions[2]),
    ),
    "decryption twice": (
        DECRYPTED + 1,
        Reason.DECRYPTION,
        lambda v, _log: entry(EntryKind.PARTIAL_DECRYPTION, *v.decryptions[1], salt=bytes(16)),
    ),
    "decryption by nobody": (DECRYPTED, Reason.DECRYPTION, lambda v, _log: owned_by(v, 4)),
    "decryption by another": (DECRYPTED, Reason.DECRYPTION, lambda v, _log: owned_by(v, 3)),
    "decryption with a wrong factor": (
        DECRYPTED,
        Reason.DECRYPTION,
        lambda v, _log: other_decryption(v, ("decryption_proofs", 0, 0, "response")),
    ),
    "decryption with another's second proof": (
        DECRYPTED,
        Reason.DECRYPTION,
        lambda v, _log: entry(EntryKind.PARTIAL_DECRYPTION, *v.decryptions[2][:2], v.decryptions[3][2]),
    ),
    "decryption that its owner's line does not name": (
        DECRYPTED,
        Reason.DECRYPTION,
        lambda v, _log: changed_decryption(v, 1, "payload"),
    ),
    "decryption that its second proof does not name": (
        DECRYPTED,
        Reason.DECRYPTION,
        lambda v, _log: changed_decryption(v, 2, "payload"),
    ),
    "decryption whose second proof names another trustee": (
        DECRYPTED,
        Reason.DECRYPTION,
        lambda v, _log: changed_decryption(v, 2, "owner"),
    ),
    "decryption with a wrong second proof": (
        DECRYPTED,
        Reason.DECRYPTION,
        lambda v, _log: entry(
            EntryKind.PARTIAL_DECRYPTION,
            *v.decryptions[2][:2],
            tampered(v.decryptions[2][2], ("proofs", 0, 1, "challenge")),
        ),
    ),
    "decryption of another record": (
        DECRYPTED,
        Reason.DECRYPTION,
        lambda v, _log: entry(
            EntryKind.PARTIAL_DECRYPTION, *v.decryptions[2][:2], tampered(v.decryptions[2][2], ("record",))
        ),
    ),
    "decryption as an object that does not exist": (
        DECRYPTED,
        Reason.DECRYPTION,
        lambda v, _log: missing_decryption(v, 61_000),
    ),
    "result before anybody has decrypted": (
        DECRYPTED,
        Reason.OUT_OF_TURN,
        lambda v, _log: entry(EntryKind.RESULT, v.result),
    ),
    "result before enough have decrypted": (
        DECRYPTED + 1,
        Reason.RESULT,
        lambda v, _log: entry(EntryKind.RESULT, v.result),
    ),
    "wrong result": (RESULT, Reason.RESULT, lambda _v, _log: entry(EntryKind.RESULT, b'{"result":[[4,0,1]]}')),
    "result that is none": (RESULT, Reason.RESULT, lambda _v, _log: entry(EntryKind.RESULT, b'{"result":[[3,1]]}')),
    "second result": (END, Reason.OUT_OF_TURN, lambda v, _log: entry(EntryKind.RESULT, v.result, salt=bytes(16))),
    "decryption after the result": (
        END,
        Reason.OUT_OF_TURN,
        lambda v, _log: entry(EntryKind.PARTIAL_DECRYPTION, *v.decryptions[2]),
    ),
    "statement that is none": (9, Reason.STATEMENT, lambda _v, _log: entry(EntryKind.START_ALONE, b"{}")),
    "statement about the future": (
        9,
        Reason.STATEMENT,
        lambda _v, _log: entry(EntryKind.START_ALONE, write_json(StartAlone(size=10_000, at=NOW))),
    ),
    "succession that is none": (9, Reason.SUCCESSION, lambda v, _log: entry(EntryKind.SUCCESSION, v.time(NOW))),
    "succession cosigned by too few": (
        9,
        Reason.SUCCESSION,
        lambda _v, log: entry(EntryKind.SUCCESSION, succession_note(log.first(9), observers=2)),
    ),
    "succession cosigned by witnesses": (
        9,
        Reason.SUCCESSION,
        lambda _v, log: entry(EntryKind.SUCCESSION, time_proof(log.first(9))),
    ),
    "succession of other entries": (9, Reason.SUCCESSION, lambda _v, log: other_succession(log)),
    "succession at another size": (
        9,
        Reason.SUCCESSION,
        lambda _v, log: entry(EntryKind.SUCCESSION, succession_note(log.first(8))),
    ),
    "succession to a log that the charter does not name": (
        9,
        Reason.SUCCESSION,
        lambda _v, log: entry(EntryKind.SUCCESSION, succession_note(log.first(9), new=STRANGER)),
    ),
    "succession to the log that is in force": (
        9,
        Reason.SUCCESSION,
        lambda _v, log: entry(EntryKind.SUCCESSION, succession_note(log.first(9), new=LOG)),
    ),
    "reason that is none": (TALLY, Reason.WITHOUT_QUORUM, lambda _v, _log: entry(EntryKind.WITHOUT_QUORUM, b"{}")),
    "reason before the close": (
        CLOSE,
        Reason.OUT_OF_TURN,
        lambda v, _log: entry(EntryKind.WITHOUT_QUORUM, v.without_quorum(1)),
    ),
    "reason after the result": (
        END,
        Reason.OUT_OF_TURN,
        lambda v, _log: entry(EntryKind.WITHOUT_QUORUM, v.without_quorum(1)),
    ),
    "reason in another's name": (
        TALLY,
        Reason.WITHOUT_QUORUM,
        lambda v, _log: entry(EntryKind.WITHOUT_QUORUM, v.without_quorum(1).replace(b"trustee 1", b"trustee 2")),
    ),
    "reason of nobody": (
        TALLY,
        Reason.WITHOUT_QUORUM,
        lambda v, _log: entry(EntryKind.WITHOUT_QUORUM, v.without_quorum(1).replace(b"trustee 1", b"trustee 4")),
    ),
    "reason of a registrar": (
        TALLY,
        Reason.WITHOUT_QUORUM,
        lambda v, _log: entry(EntryKind.WITHOUT_QUORUM, v.without_quorum(1).replace(b"trustee 1", b"registrar 1")),
    ),
    "other reason than was signed": (
        TALLY,
        Reason.WITHOUT_QUORUM,
        lambda v, _log: entry(EntryKind.WITHOUT_QUORUM, v.without_quorum(1).replace(b"three", b"two")),
    ),
    "reason for another setup": (
        TALLY,
        Reason.WITHOUT_QUORUM,
        lambda v, _log: entry(
            EntryKind.WITHOUT_QUORUM,
            v.without_quorum(1).replace(sha256_hex(v.setup[-1]).encode(), sha256_hex(b"other").encode()),
        ),
    ),
    "reason that moves the cursor": (
        TALLY,
        Reason.WITHOUT_QUORUM,
        lambda v, _log: entry(EntryKind.WITHOUT_QUORUM, v.without_quorum(1).replace(b"three", b"\\u001b[2J")),
    ),
    "reason longer than allowed": (
        TALLY,
        Reason.WITHOUT_QUORUM,
        lambda v, _log: entry(EntryKind.WITHOUT_QUORUM, v.without_quorum(1).replace(b"three", b"3" * 1000)),
    ),
}
"""By name: where it is put into the good log, the reason why it has no effect, and the entry."""
PREMATURE = {"premature ballot", "ballot before everybody has accepted"}
"""Those that make a good ballot after them a duplicate."""


def another_vote() -> Vote:
    """A vote of another charter."""
    return hold_vote(board=board_terms(opens_at=NOW + 1))


def other_succession(log: MemoryLog) -> bytes:
    """A succession that names a beginning of the same size with another entry in it."""
    other = log.first(9)
    other.received[8] = log.received[9]
    return entry(EntryKind.SUCCESSION, succession_note(other))


def other_setup(vote: Vote) -> bytes:
    """The setup of another vote, signed for this one."""
    other = another_vote()
    text = setup_text(charter=vote.name, setup=sha256_hex(other.setup[-1]), timestamp=NOW)
    return entry(EntryKind.SETUP, *other.setup, note_by(text, *ORGANISERS))


def setup_of(vote: Vote, *, certificate: bool = False, **parts: bytes) -> bytes:
    """A setup that organisers signed, with other parts."""
    names = ("election", "trustees", "credentials")
    contents = {name: parts.get(name, vote.setup[place]) for place, name in enumerate(names)}
    digests = {name: sha256_hex(content) for name, content in contents.items()}
    data = SetupData(**digests, credentials_certificate="0" * 64 if certificate else None)
    text = setup_text(charter=vote.name, setup=sha256_hex(write_json(data)), timestamp=NOW)
    return entry(EntryKind.SETUP, *contents.values(), write_json(data), note_by(text, *ORGANISERS))


def with_other_key(vote: Vote) -> bytes:
    """The election with a key that is not the trustees'."""
    election = json.loads(vote.setup[0])
    return write_json(election | {"public_key": secrets_of(60).public()[0].text})


def other_tally(vote: Vote) -> bytes:
    """A tally with two sums exchanged, and a size that names it."""
    swapped = vote.tally[0].replace(b"},{", b"}\n{", 1).split(b"\n")
    first, rest = swapped[0].removeprefix(b"[["), swapped[1]
    second, third = rest.removesuffix(b"]]").split(b"},{")
    content = b"[[" + second + b"}," + first + b",{" + third + b"]]"
    size = vote.tally[1].replace(sha256_hex(vote.tally[0]).encode(), sha256_hex(content).encode())
    return entry(EntryKind.ENCRYPTED_TALLY, content, size)


def owned_by(vote: Vote, owner: int) -> bytes:
    """Trustee 2's answer as if it were another's."""
    content, owned, bound = vote.decryptions[2]
    return entry(
        EntryKind.PARTIAL_DECRYPTION,
        content,
        owned.replace(b'"owner":2', b'"owner":%d' % owner),
        bound.replace(b'"owner":2', b'"owner":%d' % owner),
    )


def other_decryption(vote: Vote, path: tuple[str | int, ...]) -> bytes:
    """Trustee 2's answer with one leaf changed, and everything that names it."""
    content, owned, bound = vote.decryptions[2]
    changed = tampered(content, path)
    old, new = sha256_hex(content).encode(), sha256_hex(changed).encode()
    return entry(EntryKind.PARTIAL_DECRYPTION, changed, owned.replace(old, new), bound.replace(old, new))


def changed_decryption(vote: Vote, number: int, field: str) -> bytes:
    """Trustee 2's answer with another value in one field of one part."""
    parts = list(vote.decryptions[2])
    parts[number] = tampered(parts[number], (field,))
    return entry(EntryKind.PARTIAL_DECRYPTION, *parts)


def missing_decryption(vote: Vote, size: int) -> bytes:
    """Trustee 2's answer as an object that nobody has."""
    digest = "a" * 64
    named = [part.replace(sha256_hex(vote.decryptions[2][0]).encode(), digest.encode()) for part in vote.decryptions[2]]
    parts = (Part(size, digest, None), inline_part(named[1]), inline_part(named[2]))
    return write_board_entry(BoardEntry(EntryKind.PARTIAL_DECRYPTION, parts))


@cache
def bad_entry(name: str) -> bytes:
    """The entry of that name."""
    vote = hold_vote()
    return BAD[name][2](vote, log_of(vote))


def bad_places(name: str) -> range:
    """Where in the good log an entry is bad, put before the entry that stands there; none where it spoils a later one.

    What comes too early becomes good in time, and what comes twice or too late was good once; the rest never is.
    """
    place, reason, _ = BAD[name]
    if name in PREMATURE:
        return range(0)
    if " before " in name:
        return range(1, place + 1)
    if reason in {Reason.OUT_OF_TURN, Reason.DUPLICATE} or name == "decryption twice":
        return range(place, END + 1)
    return range(1, END + 1)
