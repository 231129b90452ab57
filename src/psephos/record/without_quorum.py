"""A trustee's word that it decrypts without the observers' quorum, and why: an entry of its own, for ever (design D11).

It changes nothing in the archive. It is there so that nobody can say later that nobody knew.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from psephos.errors import MalformedError, MismatchError
from psephos.protocol import proofs
from psephos.protocol.encoding import Digest, Wire, read_json, write_json
from psephos.protocol.group import Element, Group, Randomness, Secrets
from psephos.protocol.proofs import Proof, SignedMessage

LONGEST_REASON = 1000


class WithoutQuorum(Wire, frozen=True):
    """The part of a WithoutQuorum entry.

    Attributes:
        party: "trustee 3".
        charter: Fingerprint of the charter.
        setup: Fingerprint of the setup.
        reason: In the trustee's words, on one line.
        signature: By the trustee's key, over all of these.
    """

    party: str
    charter: Digest
    setup: Digest
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_REASON)]
    signature: Proof


def make_without_quorum(
    secret: Secrets, *, party: str, charter: str, setup: str, reason: str, rng: Randomness
) -> bytes:
    """State that this trustee decrypts without the quorum.

    Args:
        secret: The trustee's signing key.
        party: See `record.acceptance.trustee_party`.
        charter: Fingerprint of the charter.
        setup: Fingerprint of the setup.
        reason: Why.
        rng: Where randomness comes from.

    Raises:
        MalformedError: The reason is empty, too long, or not one line that can be shown.
    """
    check_reason(reason)
    text = _signed_text(party, charter, setup, reason)
    signature = proofs.sign_message(secret, rng, text).signature
    return write_json(WithoutQuorum(party=party, charter=charter, setup=setup, reason=reason, signature=signature))


def check_reason(reason: str) -> None:
    """Check that a reason can be shown everywhere: it is somebody's text, on other people's terminals.

    Raises:
        MalformedError: It cannot.
    """
    if not 1 <= len(reason) <= LONGEST_REASON or not reason.isprintable() or reason != reason.strip():
        raise MalformedError(
            f"a reason is one line of 1 to {LONGEST_REASON} printable characters, without blanks around it",
            at="/reason",
        )


def read_without_quorum(received: bytes) -> WithoutQuorum:
    """Read a statement; its signature is not checked yet.

    Raises:
        MalformedError: Not a statement in its one encoding, or its reason cannot be shown.
    """
    statement = read_json(received, WithoutQuorum, what="statement of a trustee")
    check_reason(statement.reason)
    return statement


def check_without_quorum(statement: WithoutQuorum, *, key: Element, charter: str, setup: str, group: Group) -> None:
    """Check that a trustee has made this statement, for this referendum.

    Args:
        statement: As read.
        key: The trustee's public signing key.
        charter: Fingerprint of the charter.
        setup: Fingerprint of the setup.
        group: The election's group.

    Raises:
        MismatchError: It is for another referendum.
        InvalidProofError: The signature does not hold.
    """
    if (statement.charter, statement.setup) != (charter, setup):
        raise MismatchError("the statement is for another referendum", at="/setup", culprit=statement.party)
    text = _signed_text(statement.party, charter, setup, statement.reason)
    signed = SignedMessage(message=text, signature=statement.signature)
    proofs.verify_message(group, key, signed, what="statement", culprit=statement.party)


def _signed_text(party: str, charter: str, setup: str, reason: str) -> str:
    return f"psephos/without-quorum|{party}|{charter}|{setup}|{reason}"
