"""What follows the close: tally, partial decryptions, result. Anybody may hand them in; what is correct has effect."""

from __future__ import annotations

from dataclasses import dataclass, field

from psephos.errors import MalformedError, MismatchError
from psephos.protocol.decryption import (
    BoundDecryption,
    Owned,
    read_partial_decryption,
    verify_bound_decryption,
    verify_partial_decryption,
)
from psephos.protocol.election import Election
from psephos.protocol.encoding import read_json
from psephos.protocol.group import Elements
from psephos.protocol.result import Counts, check_result, combine_factors, read_result
from psephos.protocol.tally import (
    SizedEncryptedTally,
    Tally,
    check_tally,
    read_encrypted_tally,
    write_encrypted_tally,
    write_sized,
)
from psephos.protocol.trustees import Trustee
from psephos.record.acceptance import Setup
from psephos.record.board_entries import BoardEntry, LogSource, Part, inline_part
from psephos.record.derivation import read_small_part

_LONGEST_ELEMENT = 700
_PUNCTUATION = 64


def check_tally_entry(entry: BoardEntry, recomputed: Tally, election: Election) -> list[Part]:
    """Check an EncryptedTally entry against the sums of the ballots that count; its blob is not needed for that.

    Returns:
        The entry's parts, both with their bytes.

    Raises:
        MismatchError: Something else than what we compute.
        MalformedError: Not even a tally.
    """
    theirs, size = entry.parts
    sized = read_json(size.content or b"", SizedEncryptedTally, what="size of the encrypted tally")
    check_tally(recomputed.sums, sized, recomputed)
    if theirs.content is not None:
        check_tally(read_encrypted_tally(theirs.content, election), sized, recomputed)
    ours = inline_part(write_encrypted_tally(recomputed.sums))
    if theirs.digest != ours.digest or size.content != write_sized(recomputed, ours.digest):
        raise MismatchError("not the tally of the ballots that count", at="encrypted tally")
    return [ours, size]


@dataclass(frozen=True)
class Decrypted:
    """A trustee's answer that holds.

    Attributes:
        owner: The trustee's number.
        factors: Its decryption factors.
        bound: Its second proof.
    """

    owner: int
    factors: Elements
    bound: BoundDecryption


@dataclass
class Decryptions:
    """The trustees' answers so far.

    Attributes:
        setup: Election and trustees.
        tally: What is decrypted.
        record: Fingerprint of the event that holds it, to which second proofs are bound.
        answers: By the trustees' numbers.
        counts: The result; None before.
    """

    setup: Setup
    tally: Tally
    record: str
    answers: dict[int, Decrypted] = field(default_factory=dict)
    counts: Counts | None = None

    def check_answer(self, entry: BoardEntry, source: LogSource) -> Decrypted:
        """Check a PartialDecryption entry.

        Raises:
            MismatchError: By nobody, by somebody who has decrypted, or about something else.
            MalformedError: It has another shape or size than a partial decryption of this tally.
            InvalidProofError: One of the two proofs does not hold.
            UnavailableError: A blob cannot be had now.
        """
        content, owned, second = entry.parts
        trustee = self._check_owner(owned, content)
        for part in (content, second):
            if part.size > self._largest():
                raise MalformedError(f"{part.size} bytes: larger than an answer to this tally", culprit=trustee.label)
        bound = read_json(read_small_part(second, source), BoundDecryption, what="second proof")
        if (bound.owner, bound.payload) != (trustee.owner, content.digest):
            raise MismatchError("the second proof is about another partial decryption", culprit=trustee.label)
        election, sums = self.setup.election, self.tally.sums
        group = election.group
        share = read_partial_decryption(read_small_part(content, source), sums, group)
        verify_partial_decryption(share, tally=sums, trustee=trustee, group=group, fingerprint=election.fingerprint)
        verify_bound_decryption(bound, share, tally=sums, trustee=trustee, group=group, record=self.record)
        return Decrypted(trustee.owner, share.factors, bound)

    def _check_owner(self, owned: Part, content: Part) -> Trustee:
        wire = read_json(owned.content or b"", Owned, what="owner")
        members = self.setup.trustees.members
        if not 1 <= wire.owner <= len(members):
            raise MismatchError(f"there is no trustee {wire.owner}", at="/owner")
        trustee = members[wire.owner - 1]
        if wire.owner in self.answers:
            raise MismatchError("this trustee has decrypted before", at="/owner", culprit=trustee.label)
        if wire.payload != content.digest:
            raise MismatchError("the owner is of another partial decryption", at="/payload", culprit=trustee.label)
        return trustee

    def _largest(self) -> int:
        """No answer is larger, so that nobody makes us look for a blob that cannot be one."""
        ciphertexts = sum(len(question) for question in self.tally.sums)
        scalars = 2 * len(str(self.setup.election.group.order))
        return 1000 + ciphertexts * (_LONGEST_ELEMENT + scalars + _PUNCTUATION) + 8 * len(self.tally.sums)

    def check_result(self, entry: BoardEntry) -> Counts:
        """Check a Result entry.

        Raises:
            InvalidProofError: Not enough trustees have decrypted; names those who are missing.
            MismatchError: Not what the sums decrypt to.
            MalformedError: Not a result of this election.
        """
        election = self.setup.election
        factors = {owner: answer.factors for owner, answer in self.answers.items()}
        combined = combine_factors(self.setup.trustees, factors, election.group)
        counts = read_result(entry.parts[0].content or b"", election)
        check_result(counts, self.tally, combined, election.group)
        return counts
