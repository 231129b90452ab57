"""The registrar: one credential per voter, handed out and then forgotten.

    one registrar     issue                                       → public list, deliveries
    two registrars    commit → reveal → combine (half a credential each) → public list, deliveries
    then              accept: the setup holds the registrar's own list

What a function returns for the registrar alone (`state`, `content` of a delivery) is secret; the command seals it
before it touches a disk. Nothing here keeps which voter got which credential.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from psephos.errors import MalformedError, MismatchError, OutOfTurnError
from psephos.ports import ByteSource
from psephos.protocol import credentials
from psephos.protocol.encoding import Wire, read_json, sha256_hex, write_json
from psephos.protocol.group import Elements, Group, Randomness, Secrets, read_group, read_secrets
from psephos.record.acceptance import check_setup, make_acceptance, read_setup, registrar_party
from psephos.record.charter import Charter, RegistrarKey, election_name, fingerprint, read_charter
from psephos.record.delivery import Delivery, Part
from psephos.record.halves import (
    CHUNK,
    Advance,
    Commitment,
    Reveal,
    check_commitment,
    check_reveal,
    make_commitment,
    make_reveal,
)
from psephos.record.region_list import write_codes
from psephos.record.regions import read_regions
from psephos.record.roll import Roll, places_in

KEY_FORMAT: Literal["psephos/registrar-key/1"] = "psephos/registrar-key/1"
HALVES_FORMAT: Literal["psephos/halves/1"] = "psephos/halves/1"


class KeyFile(Wire, frozen=True):
    """A registrar's signing key, as it stands in its age file."""

    format: Literal["psephos/registrar-key/1"]
    name: str
    group: str
    secret: str

    def __repr__(self) -> str:
        """Redacted: the key is secret."""
        return "KeyFile(<redacted>)"


class HalvesFile(Wire, frozen=True):
    """One of two registrars' state between commit and combine, as it stands in its age file.

    Attributes:
        format: Version of this message.
        identity: age identity that opens the other's reveal.
        credentials: Its half credentials, in the roll's order.
        commitment: What it sent first.
        reveal: What it sends second.
    """

    format: Literal["psephos/halves/1"]
    identity: str
    credentials: tuple[str, ...]
    commitment: Commitment
    reveal: Reveal

    def __repr__(self) -> str:
        """Redacted: half credentials are secret."""
        return "HalvesFile(<redacted>)"


@dataclass(frozen=True)
class SigningKey:
    """A registrar's opened key."""

    name: str
    group: Group
    secret: Secrets = field(repr=False)

    @property
    def public(self) -> RegistrarKey:
        """What the organiser puts into the charter."""
        return RegistrarKey(name=self.name, key=self.secret.public()[0].text)

    def number_in(self, received: bytes) -> int:
        """This registrar's number in a charter, from 1.

        Raises:
            MalformedError: The charter cannot be read.
            MismatchError: It does not name this key.
        """
        charter = read_charter(received)
        if self.public not in charter.registrars:
            raise MismatchError(
                "this key is not that of one of the charter's registrars",
                at="/registrars",
                hint="use the key whose registrar.json the organiser has; or the charter is another one",
            )
        return charter.registrars.index(self.public) + 1


@dataclass(frozen=True)
class Issued:
    """What comes out when credentials were made.

    Attributes:
        public: public-credentials.json: sorted, so that it does not tell the roll's order.
        regions: regions.bin: where each of them is registered; None where the charter counts no regions.
        deliveries: For each channel, the content of its delivery file. Secret: to be sealed to the deliverer.
    """

    public: bytes
    regions: bytes | None
    deliveries: dict[str, bytes] = field(repr=False)


def new_key(name: str, group: Group, rng: Randomness) -> bytes:
    """The content of a new key file. Secret: to be sealed under a passphrase."""
    (secret,) = group.random_secrets(rng, 1).expose()
    return write_json(KeyFile(format=KEY_FORMAT, name=name, group=group.name, secret=secret))


def open_key(content: bytes) -> SigningKey:
    """A key from the content of its file.

    Raises:
        MalformedError: Not a registrar's key.
    """
    key = read_json(content, KeyFile, what="registrar's key")
    group = read_group(key.group, at="/group")
    return SigningKey(key.name, group, read_secrets(group, [key.secret], at="/secret"))


def _draw(group: Group, uuid: str, count: int, rng: Randomness) -> tuple[list[str], Secrets]:
    drawn = [credentials.generate(rng) for _ in range(count)]
    return drawn, credentials.derive_secrets(group, uuid, drawn)


def issue(received: bytes, roll: Roll, rng: Randomness, advance: Advance) -> Issued:
    """Make one credential per voter, for the only registrar of an election.

    Args:
        received: The charter's bytes.
        roll: The voters.
        rng: Where randomness comes from.
        advance: Told of progress, a row at a time.

    Raises:
        OutOfTurnError: The charter names two registrars, who each make one half.
        MalformedError: The charter cannot be read.
    """
    charter = read_charter(received)
    if len(charter.registrars) > 1:
        raise OutOfTurnError(
            "this charter has two registrars; neither of them issues whole credentials",
            hint="each registrar runs `psephos registrar commit`, then reveal, then combine",
        )
    group = read_group(charter.group, at="/group")
    places_in(charter, roll)
    drawn: list[str] = []
    public: Elements | None = None
    for start in range(0, len(roll.rows), CHUNK):
        part, secrets = _draw(group, charter.uuid, min(CHUNK, len(roll.rows) - start), rng)
        drawn += part
        column = secrets.public()
        public = column if public is None else public.concat(column)
        advance(len(part))
    return _issued(received, charter, roll, drawn, public, part="1 of 1")


def _issued(
    received: bytes,
    charter: Charter,
    roll: Roll,
    drawn: Sequence[str],
    public: Elements | None,
    *,
    part: Part,
) -> Issued:
    """The public list and the deliveries.

    Raises:
        MismatchError: Two voters would have the same credential.
    """
    if public is None:
        raise MalformedError("the roll has no voter")
    group = read_group(charter.group, at="/group")
    texts = public.texts()
    if len(set(texts)) != len(roll.rows) or group.identity.text in texts:
        raise MismatchError("two voters have the same credential, or one has none", hint="start again with commit")
    deliveries: dict[str, list[bytes]] = {channel: [] for channel in roll.channels}
    title, charter_fingerprint = election_name(charter), fingerprint(received)
    for row, credential in zip(roll.rows, drawn, strict=True):
        delivery = Delivery(
            id=row.id,
            address=row.address,
            credential=credentials.with_check(credential),
            part=part,
            title=title,
            election=charter.uuid,
            charter=charter_fingerprint,
        )
        deliveries[row.channel].append(write_json(delivery) + b"\n")
    order = credentials.in_order(group, public)
    listed = write_json([texts[row] for row in order])
    places = places_in(charter, roll)
    regions = None
    if charter.regions is not None:
        regions = write_codes([places[row] for row in order], read_regions(charter.regions))
    return Issued(listed, regions, {channel: b"".join(lines) for channel, lines in deliveries.items()})


def commit(
    received: bytes,
    roll: Roll,
    key: SigningKey,
    *,
    age_key: tuple[str, str],
    rng: Randomness,
    advance: Advance,
) -> bytes:
    """Make this registrar's halves and commit to them.

    Args:
        received: The charter's bytes.
        roll: The voters; the other registrar needs the same ids in the same order.
        key: This registrar's key.
        age_key: A fresh age identity and its recipient; the other's reveal will be sealed to it.
        rng: Where randomness comes from.
        advance: Told of progress.

    Returns:
        The content of the halves file. Secret: to be sealed under a passphrase.

    Raises:
        OutOfTurnError: The charter has one registrar only.
        MismatchError: The key is not in the charter.
    """
    charter = read_charter(received)
    if len(charter.registrars) == 1:
        raise OutOfTurnError("this charter has one registrar", hint="run `psephos registrar issue`")
    places_in(charter, roll)
    number = key.number_in(received)
    drawn, secrets = _draw(read_group(charter.group, at="/group"), charter.uuid, len(roll.rows), rng)
    reveal = make_reveal(
        secrets, charter=fingerprint(received), uuid=charter.uuid, registrar=number, rng=rng, advance=advance
    )
    commitment = make_commitment(reveal, roll=roll.fingerprint, recipient=age_key[1], signing=key.secret, rng=rng)
    return write_json(
        HalvesFile(
            format=HALVES_FORMAT, identity=age_key[0], credentials=tuple(drawn), commitment=commitment, reveal=reveal
        )
    )


def open_halves(content: bytes, *, received: bytes) -> HalvesFile:
    """A registrar's state from the content of its file.

    Raises:
        MalformedError: Not such a state.
        MismatchError: It was made for another charter.
    """
    halves = read_json(content, HalvesFile, what="halves")
    if halves.commitment.charter != fingerprint(received):
        raise MismatchError("these halves were made for another charter", hint="give the charter used for commit")
    return halves


def answer_commitment(received: bytes, halves: HalvesFile, commitment: bytes) -> tuple[bytes, str]:
    """This registrar's reveal, once the other one has committed.

    Args:
        received: The charter's bytes.
        halves: This registrar's state.
        commitment: The other's commitment, as received.

    Returns:
        The reveal, and the age recipient to seal it for.

    Raises:
        MismatchError, InvalidProofError, MalformedError: See `check_commitment`.
    """
    charter = read_charter(received)
    group = read_group(charter.group, at="/group")
    theirs = check_commitment(commitment, charter=charter, group=group, ours=halves.commitment)
    return write_json(halves.reveal), theirs.recipient


def combine(
    received: bytes, roll: Roll, halves: HalvesFile, *, commitment: bytes, reveal: bytes, advance: Advance
) -> Issued:
    """Multiply the two registrars' public halves, and deliver this one's.

    Args:
        received: The charter's bytes.
        roll: The roll that this registrar committed to.
        halves: This registrar's state.
        commitment: The other's commitment: the one that was answered with a reveal.
        reveal: The other's reveal, opened.
        advance: Told of progress.

    Raises:
        MismatchError: The roll is another one, or the reveal is not what was committed to.
        InvalidProofError: A half whose maker may not know its secret.
        MalformedError: A message cannot be read.
    """
    charter = read_charter(received)
    group = read_group(charter.group, at="/group")
    if roll.fingerprint != halves.commitment.roll:
        raise MismatchError(
            "the roll is not the one used for commit", hint="same ids, same order; addresses may differ"
        )
    theirs = check_commitment(commitment, charter=charter, group=group, ours=halves.commitment)
    column = check_reveal(reveal, theirs, charter=charter, group=group, advance=advance)
    own = credentials.derive_secrets(group, charter.uuid, halves.credentials).public()
    part: Part = "1 of 2" if halves.commitment.registrar == 1 else "2 of 2"
    return _issued(received, charter, roll, halves.credentials, own * column, part=part)


def check_own_part(source: ByteSource, *, received: bytes, public_credentials: bytes, key: SigningKey) -> str:
    """Check that a setup holds this registrar's list, for the charter that it knows.

    Args:
        source: setup.bel, or a later state of the record.
        received: The charter's bytes.
        public_credentials: public-credentials.json as this registrar made it.
        key: This registrar's key.

    Returns:
        The setup's fingerprint, still to be compared with what came by another channel.

    Raises:
        OutOfTurnError, MalformedError, InvalidProofError: The setup is not one, or does not hold in itself.
        MismatchError: It is of another charter, or its list of credentials is another one.
    """
    key.number_in(received)
    setup = read_setup(source)
    check_setup(setup, received)
    if setup.credentials != sha256_hex(public_credentials):
        raise MismatchError(
            "the setup's public credentials are not the ones that this registrar made",
            at="credentials",
            hint="do not accept; ask the organiser where the other list comes from",
        )
    return setup.fingerprint


def accept(setup: str, *, received: bytes, key: SigningKey, rng: Randomness) -> bytes:
    """This registrar's acceptance of a setup that was checked and compared.

    Args:
        setup: The setup's fingerprint.
        received: The charter's bytes.
        key: This registrar's key.
        rng: Where randomness comes from.

    Raises:
        MismatchError: The key is not in the charter.
    """
    party = registrar_party(key.number_in(received))
    return make_acceptance(key.secret, party=party, setup=setup, rng=rng)
