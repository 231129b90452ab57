"""A trustee: accepts the setup, proves its backup, and answers once.

How it came by its share of the key is in `trustee_ceremony`.
"""

from __future__ import annotations

import msgspec

from psephos.errors import MismatchError, OutOfTurnError, RefusedError
from psephos.protocol import decryption, proofs
from psephos.protocol.encoding import read_json, sha256_hex, write_json
from psephos.protocol.group import Element, Randomness
from psephos.protocol.proofs import Proof
from psephos.protocol.regional import decrypt_cells
from psephos.protocol.tally import Tally, write_encrypted_tally, write_sized
from psephos.record.acceptance import (
    Setup,
    check_acceptance,
    check_setup,
    compare_fingerprint,
    make_acceptance,
    read_acceptance,
    trustee_party,
    trustee_signing_keys,
)
from psephos.record.board_entries import inline_part
from psephos.record.charter import Charter, fingerprint_in
from psephos.record.derivation import derive_event
from psephos.record.keyfile import Answer, KeyFile, check_key, read_key_file, secret_of, signing_of
from psephos.record.phases import EventKind, Phase
from psephos.record.regional import RegionalRequest
from psephos.record.state import RecordState
from psephos.record.without_quorum import make_without_quorum
from psephos.verify.audit import Audit
from psephos.verify.report import Verdict

_DEMANDED = ("V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V14")
"""Checks that must have run and passed; those on ballots pass, or there is no ballot."""


class Tallied(msgspec.Struct, frozen=True):
    """A record that was verified in full, as far as its encrypted tally, which is its last event.

    Attributes:
        setup: What the record begins with.
        tally: The sums, as recomputed from the ballots.
        record: Fingerprint of the last event.
        regional: The regional sums; None where the charter counts no regions, or the record says nothing of them.
    """

    setup: Setup
    tally: Tally
    record: str
    regional: RegionalRequest | None = None

    @property
    def fingerprint(self) -> str:
        """What to compare over another channel: of the record, or of the regional tally, which names it."""
        return self.record if self.regional is None else self.regional.tally.fingerprint


class BackupProof(msgspec.Struct, frozen=True):
    """That a backup holds the key of which the record speaks.

    Attributes:
        trustee: Whose key it is.
        challenge: Fresh random bytes, in hexadecimal.
        verification_key: As recomputed from the backup, and as in the record.
        proof: A Schnorr proof over the challenge, which holds for the record's key.
    """

    trustee: str
    challenge: str
    verification_key: str
    proof: Proof


def accept(charter: bytes, setup: Setup, *, told: str, kept: bytes, sent: bytes | None, rng: Randomness) -> bytes:
    """Check this trustee's part of the setup and the fingerprint of the whole, and sign it.

    Args:
        charter: charter.json.
        setup: As received from the organiser.
        told: The setup's fingerprint as it came over another channel.
        kept: The opened key file.
        sent: The acceptance made before, if there is one: it is of this setup, or this is refused.
        rng: Where randomness comes from.

    Raises:
        MismatchError: Another referendum, another setup, or this trustee's key is not in it.
        RefusedError: This trustee accepted another setup.
    """
    key = read_key_file(kept)
    check_key(key, charter)
    check_setup(setup, charter)
    signer = _check_own_part(key, setup)
    compare_fingerprint(told, setup.fingerprint, what="setup")
    party, group = trustee_party(key.index), setup.election.group
    if sent is None:
        return make_acceptance(signing_of(key), party=party, setup=setup.fingerprint, rng=rng)
    if read_acceptance(sent).setup != setup.fingerprint:
        raise RefusedError(
            "you accepted another setup of this referendum",
            at="acceptance",
            hint="if the organiser had to make it anew, and all parties agree, move your earlier acceptance away",
        )
    check_acceptance(sent, party=party, key=signer, setup=setup.fingerprint, group=group)
    return sent


def _check_own_part(key: KeyFile, setup: Setup) -> Element:
    """Check that the record names this trustee's keys; returns the public key of its signatures."""
    trustees, group = setup.trustees, setup.election.group
    public_key, signer = secret_of(key).public()[0], signing_of(key).public()[0]
    known = key.index <= len(trustees.members)
    if (
        not known
        or trustees.members[key.index - 1].verification_key != public_key
        or trustee_signing_keys(trustees, group)[key.index - 1] != signer
    ):
        raise MismatchError(
            f"the record does not name your key as that of trustee {key.index}",
            at="trustees",
            hint="do not go on: tell the other trustees and the observers that your key was left out or exchanged",
        )
    return signer


def prove_backup(setup: Setup, *, kept: bytes, rng: Randomness) -> BackupProof:
    """Prove, from a backup and the public record alone, that the backup holds this trustee's key.

    Args:
        setup: What the record begins with.
        kept: The opened backup.
        rng: Where randomness comes from.

    Raises:
        MismatchError: The backup is of another key or for another referendum.
        OutOfTurnError: It is the seed file only.
    """
    key = read_key_file(kept)
    if (fingerprint_in(setup.election.description), setup.election.group.name) != (key.charter, key.group):
        raise MismatchError("this key was made for another referendum", at="key file")
    secret = secret_of(key)
    _check_own_part(key, setup)
    challenge = rng.bytes(32).hex()
    text = f"psephos/backup|{key.charter}|{key.index}|{challenge}"
    signed = proofs.sign_message(secret, rng, text)
    trustee = setup.trustees.members[key.index - 1]
    proofs.verify_message(
        setup.election.group, trustee.verification_key, signed, what="backup proof", culprit=trustee.label
    )
    return BackupProof(trustee.label, challenge, trustee.verification_key.text, signed.signature)


def verified(audit: Audit, setup: Setup) -> Tallied:
    """What there is to decrypt: nothing, unless the whole record was verified and the tally is its last event.

    Args:
        audit: A run over the record, with the charter beside it.
        setup: Read from the same record.

    Raises:
        RefusedError: A check failed, or did not run; or observers have to see this record first (design D11).
        OutOfTurnError: The record is not at its tally.
    """
    report = audit.report
    if audit.charter is not None and audit.charter.board is not None:
        # SECURITY: whoever holds the board's key can make a file with few ballots, and show it to trustees only.
        raise RefusedError(
            "the charter names a board: its record is decrypted once the observers have seen the end of the vote, "
            "and a file does not show that",
            at="/board",
            hint="`psephos trustee decrypt CHARTER --board URL`; the URL of a copy on a stick is file:///…",
        )
    if report.phase is not Phase.TALLIED:
        raise OutOfTurnError(
            f"the election is {report.phase}, not tallied",
            at="record",
            hint="trustees decrypt the record as `psephos organiser tally` leaves it: its last event is the tally",
        )
    if report.verdict is not Verdict.VERIFIED or not report.ok(*_DEMANDED):
        broken = [check for check, result in report.results.items() if result.failures] or [
            check for check in _DEMANDED if not report.ok(check)
        ]
        raise RefusedError(
            f"the record does not verify: {', '.join(broken)}",
            at="record",
            hint="`psephos verify` says what is wrong and whose fault it is; tell the organiser and the observers",
        )
    election, trustees, tally = audit.election, audit.trustees, audit.tally
    if election is None or trustees is None or tally is None:
        raise RefusedError("the record has no tally that was verified", at="record")
    if (election.received, trustees.received) != (setup.election.received, setup.trustees.received):
        raise RefusedError("the record changed while it was read", at="record", hint="copy it, and try again")
    return Tallied(setup, tally, report.head)


def tallied_by(state: RecordState) -> Tallied:
    """What there is to decrypt on a board: the sums of the ballots that have effect, whether or not they stand there.

    Every rule of the record was checked where the state was made; which checkpoint it is of, and who has cosigned it,
    is for its reader.

    Args:
        state: Of all entries up to a checkpoint.

    Raises:
        OutOfTurnError: The vote has not ended in these entries.
    """
    if state.setup is None or state.count is None or state.phase in {Phase.EMPTY, Phase.OPEN}:
        raise OutOfTurnError(
            f"the vote has not ended in these {state.size} entries",
            at="EndBallots",
            hint="the board ends it at its closing time; then the observers have to cosign the end",
        )
    if state.decryptions is not None:
        return _with_regions(state, state.decryptions.tally, state.decryptions.record)
    tally = state.count.total()
    encrypted = inline_part(write_encrypted_tally(tally.sums))
    data = [encrypted, inline_part(write_sized(tally, encrypted.digest))]
    _, head = derive_event(state.head, EventKind.ENCRYPTED_TALLY, data)
    return _with_regions(state, tally, head.parent or "")


def _with_regions(state: RecordState, tally: Tally, record: str) -> Tallied:
    assert state.setup is not None
    regional = None if state.regional is None else state.regional.request(record=record)
    return Tallied(state.setup, tally, record, regional)


def state_reason(charter: bytes, tallied: Tallied, *, reason: str, kept: bytes, rng: Randomness) -> bytes:
    """State that this trustee decrypts without the observers' quorum: an entry of the board, for ever.

    Args:
        charter: charter.json.
        tallied: What it is going to decrypt.
        reason: Why, in its own words.
        kept: The opened key file.
        rng: Where randomness comes from.

    Raises:
        MismatchError: Another referendum, or this trustee's key is not in it.
        MalformedError: The reason cannot be shown.
    """
    key, setup = read_key_file(kept), tallied.setup
    check_key(key, charter)
    check_setup(setup, charter)
    _check_own_part(key, setup)
    return make_without_quorum(
        signing_of(key),
        party=trustee_party(key.index),
        charter=key.charter,
        setup=setup.fingerprint,
        reason=reason,
        rng=rng,
    )


def answer(
    charter: bytes,
    tallied: Tallied,
    *,
    told: str,
    kept: bytes,
    accepted: bytes | None,
    given: bytes | None,
    rng: Randomness,
) -> bytes:
    """Decrypt this trustee's part of the tally: once, for one record of one election (design D11).

    Args:
        charter: charter.json.
        tallied: See `verified`.
        told: The record's fingerprint as it came over another channel.
        kept: The opened key file.
        accepted: This trustee's acceptance.
        given: The answer given before, if there is one.
        rng: Where randomness comes from.

    Returns:
        The answer; it must be durable before any of it leaves. The same as before if it was given before.

    Raises:
        MismatchError: Another referendum, or not the record that the fingerprint names.
        RefusedError: This key answered another request; or fewer ballots are counted than the charter demands.
    """
    key, setup = read_key_file(kept), tallied.setup
    read = check_key(key, charter)
    check_setup(setup, charter)
    signer = _check_own_part(key, setup)
    _check_accepted(accepted, key, setup, signer)
    compare_fingerprint(told, tallied.fingerprint, what="record")
    _check_large_enough(tallied, read)
    _check_regional(tallied, read)
    sums = sha256_hex(write_encrypted_tally(tallied.tally.sums))
    if given is None:
        return _answer(key, tallied, sums, rng)
    earlier = read_json(given, Answer, what="answered.json")
    cells = None if tallied.regional is None else tallied.regional.tally.fingerprint
    if _request(earlier) != (key.charter, key.index, setup.election.fingerprint, tallied.record, sums, cells):
        raise RefusedError(
            "this key has answered another request; it answers no second one, ever",
            at="answered.json",
            hint=f"its answer stays good, for the record whose last event is {earlier.record[:32]}…; "
            "ask the other trustees and the observers which record is right",
        )
    return given


def _check_large_enough(tallied: Tallied, charter: Charter) -> None:
    counted = tallied.tally.num_tallied
    if counted < charter.minimum_counted:
        raise RefusedError(
            f"{counted} ballots are counted; the charter forbids to decrypt fewer than {charter.minimum_counted}, "
            "because so small a sum tells how people voted",
            at="num_tallied",
            hint="nobody can change this for this referendum: its charter stands in every ballot",
        )


def _check_regional(tallied: Tallied, charter: Charter) -> None:
    """Check that the regional sums are the ones that the charter allows: no other, and not some of them."""
    if tallied.regional is not None:
        tallied.regional.check(charter, tallied.tally, record=tallied.record)
    elif charter.regions is not None:
        raise RefusedError(
            "the charter counts regions, and this record does not say where the voters are registered",
            at="regions",
            hint="a key answers once, for the national sum and the regional ones together: "
            "`psephos trustee decrypt --board` reads both off the board",
        )


def _request(earlier: Answer) -> tuple[str, int, str, str, str, str | None]:
    return (
        earlier.charter,
        earlier.index,
        earlier.election,
        earlier.record,
        earlier.encrypted_tally,
        earlier.regional_tally,
    )


def _check_accepted(accepted: bytes | None, key: KeyFile, setup: Setup, signer: Element) -> None:
    if accepted is None:
        raise OutOfTurnError(
            "you have not accepted the setup of this record",
            at="acceptance",
            hint="`psephos trustee accept` first; compare the setup's fingerprint over another channel",
        )
    check_acceptance(
        accepted,
        party=trustee_party(key.index),
        key=signer,
        setup=setup.fingerprint,
        group=setup.election.group,
    )


def _answer(key: KeyFile, tallied: Tallied, sums: str, rng: Randomness) -> bytes:
    election, tally, secret = tallied.setup.election, tallied.tally.sums, secret_of(key)
    message, factors = decryption.decrypt(
        secret, tally, group=election.group, fingerprint=election.fingerprint, rng=rng
    )
    bound = decryption.bind(secret, tally, factors, group=election.group, record=tallied.record, rng=rng)
    regional, cells = tallied.regional, None
    if regional is not None:
        cells = decrypt_cells(secret, regional.tally, owner=key.index, group=election.group, rng=rng).decode()
    return write_json(
        Answer(
            charter=key.charter,
            index=key.index,
            election=election.fingerprint,
            record=tallied.record,
            encrypted_tally=sums,
            decryption=message.decode(),
            bound=decryption.BoundDecryption(
                record=tallied.record, owner=key.index, payload=sha256_hex(message), proofs=bound
            ),
            regional_tally=None if regional is None else regional.tally.fingerprint,
            regional=cells,
        )
    )


def messages_of(answered: bytes) -> tuple[bytes, bytes]:
    """What an answer sends: the partial decryption, and the second proof."""
    read = read_json(answered, Answer, what="answered.json")
    return read.decryption.encode(), write_json(read.bound)


def regional_message_of(answered: bytes) -> bytes | None:
    """What an answer says of the cells; None where no regions are counted."""
    read = read_json(answered, Answer, what="answered.json")
    return None if read.regional is None else read.regional.encode()
