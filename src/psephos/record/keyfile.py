"""What a trustee keeps: its key, the mark of its directory, and the one answer that the key has given (design D11).

The key file's content is sealed under a passphrase before it reaches a disk; the other two are not secret.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from psephos.errors import MalformedError, MismatchError, OutOfTurnError
from psephos.protocol.ceremony import SEED_LENGTH, Identity, identity_from
from psephos.protocol.decryption import BoundDecryption
from psephos.protocol.encoding import Decimal, Digest, Wire, is_base58, read_json
from psephos.protocol.group import Secrets, read_group, read_secrets
from psephos.record.charter import Charter, fingerprint, read_charter

FORMAT: Literal["psephos/trustee-key/1"] = "psephos/trustee-key/1"
Index = Annotated[int, msgspec.Meta(ge=1, le=100)]


class KeyFile(Wire, frozen=True):
    """A trustee's secrets, and the one referendum for which they were made.

    # SECURITY: the encoded form MUST be sealed under a passphrase wherever it is written.

    Attributes:
        format: Version of this message.
        kind: A real vote or a rehearsal, as in the charter.
        charter: Fingerprint of the charter.
        index: The trustee's number.
        group: Name of the group.
        seed: Of its keys in the ceremony; none for a mandatory trustee.
        secret: Its share of the key, once the ceremony has made it; a mandatory trustee's whole key.
    """

    format: Literal["psephos/trustee-key/1"]
    kind: Literal["real", "rehearsal"]
    charter: Digest
    index: Index
    group: str
    seed: str | None = None
    secret: Decimal | None = None

    def __repr__(self) -> str:
        """Redacted."""
        return f"KeyFile(trustee {self.index}: <redacted>)"


class Home(Wire, frozen=True):
    """The mark of a trustee's directory: the journal of this key begins here.

    A key without it was restored or moved, and does not know what it has answered before.

    Attributes:
        charter: Fingerprint of the charter.
        index: The trustee's number.
        restored: Whether the journal began anew with a key that was restored.
    """

    charter: Digest
    index: Index
    restored: bool = False


class Answer(Wire, frozen=True):
    """The one answer of a key: written durably before it leaves.

    Attributes:
        charter: Fingerprint of the charter.
        index: The trustee's number.
        election: Fingerprint of the election.
        record: Fingerprint of the record's last event.
        encrypted_tally: Fingerprint of the encrypted tally.
        decryption: The partial decryption, as text.
        bound: The second proof.
        regional_tally: Fingerprint of the regional tally; None where no regions are counted.
        regional: The factors for its cells, as text.
    """

    charter: Digest
    index: Index
    election: str
    record: Digest
    encrypted_tally: Digest
    decryption: str
    bound: BoundDecryption
    regional_tally: Digest | None = None
    regional: str | None = None


def read_key_file(opened: bytes) -> KeyFile:
    """Read an opened key file; errors never show what is in it.

    Raises:
        MalformedError: Not a trustee's key file.
    """
    try:
        key = read_json(opened, KeyFile, what="key file")
    except MalformedError:
        raise MalformedError("this is not a trustee's key file", at="key file") from None
    if key.seed is None and key.secret is None:
        raise MalformedError("the key file holds no key", at="key file")
    if key.seed is not None and not is_base58(key.seed, shortest=SEED_LENGTH, longest=SEED_LENGTH):
        raise MalformedError("the key file's seed is damaged", at="key file")
    return key


def check_key(key: KeyFile, charter: bytes) -> Charter:
    """Check that a key was made for this referendum: a rehearsal's key never works for a real vote.

    Raises:
        MalformedError: The charter cannot be read.
        MismatchError: The key was made for another.
    """
    read = read_charter(charter)
    if (key.charter, key.kind, key.group) != (fingerprint(charter), read.kind, read.group):
        raise MismatchError(
            f"this key was made for another referendum ({key.kind}, charter {key.charter[:16]}…)",
            at="key file",
            hint="use the directory from which you joined this referendum",
        )
    return read


def identity_of(key: KeyFile) -> Identity:
    """The keys of the ceremony, from the seed.

    Raises:
        OutOfTurnError: The trustee is a mandatory one, for which there is no ceremony.
    """
    if key.seed is None:
        raise OutOfTurnError("a mandatory trustee's key has no seed", at="key file")
    return identity_from(key.seed, read_group(key.group, at="key file"))


def secret_of(key: KeyFile) -> Secrets:
    """What the trustee decrypts with.

    Raises:
        OutOfTurnError: The ceremony has not made it yet.
    """
    if key.secret is None:
        raise OutOfTurnError(
            "this file holds the seed only, not yet the share of the key",
            at="key file",
            hint="`psephos trustee receive` makes the share, from the seed and your input of the ceremony",
        )
    return read_secrets(read_group(key.group, at="key file"), [key.secret], at="key file")


def signing_of(key: KeyFile) -> Secrets:
    """What the trustee signs with: the seed's key; a mandatory trustee, who has no seed, signs with its only key."""
    return secret_of(key) if key.seed is None else identity_of(key).signing
