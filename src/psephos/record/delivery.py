"""A delivery: what a registrar seals to a deliverer, one line for each voter of its channel.

It is the only place where a voter and a credential stand together. Whoever opens it hands it out and destroys it.
"""

from __future__ import annotations

from typing import Literal

from psephos.errors import MalformedError, MismatchError
from psephos.protocol import credentials
from psephos.protocol.encoding import Digest, Wire, read_json
from psephos.record.charter import Charter, election_name, fingerprint, read_charter

Part = Literal["1 of 1", "1 of 2", "2 of 2"]
"""Which half of a credential, or all of it."""


class Delivery(Wire, frozen=True):
    """One line of a delivery file: what a deliverer brings to one voter.

    Attributes:
        id: The voter, as in the roll.
        address: Where to; empty where the channel knows it.
        credential: With its check characters; half of one if there are two parts.
        part: Such as "1 of 1", or "2 of 2" for the second registrar's half.
        title: The election's name; says so if it is a rehearsal.
        election: The election's identifier.
        charter: Fingerprint of the charter.
    """

    id: str
    address: str
    credential: str
    part: Part
    title: str
    election: str
    charter: Digest

    def __repr__(self) -> str:
        """Redacted: the credential is secret."""
        return "Delivery(<redacted>)"

    @property
    def registrar(self) -> int:
        """Number of the registrar whose credential, or half of one, this is; from 1."""
        return 2 if self.part == "2 of 2" else 1


def read_deliveries(content: bytes, *, received: bytes) -> tuple[Delivery, ...]:
    """Read an opened delivery, for the charter that the reader knows.

    Args:
        content: What was sealed: lines of JSON.
        received: The charter's bytes.

    Raises:
        MalformedError: A line is not one of a delivery, or its check characters do not fit. No credential is repeated.
        MismatchError: It is of another charter, or two lines are for one voter.
    """
    charter = read_charter(received)
    *lines, rest = content.split(b"\n")
    if rest or not lines:
        raise MalformedError("not a delivery: lines of JSON, each with its newline")
    read = tuple(_read_line(line, number) for number, line in enumerate(lines, start=1))
    for number, delivery in enumerate(read, start=1):
        _check_line(delivery, charter, digest=fingerprint(received), at=f"line {number}")
    for name, values in (("voter", {one.id for one in read}), ("credential", {one.credential for one in read})):
        if len(values) != len(read):
            raise MismatchError(f"two lines of the delivery have the same {name}")
    if len({one.part for one in read}) != 1:
        raise MismatchError("the delivery mixes the halves of two registrars")
    return read


def _read_line(line: bytes, number: int) -> Delivery:
    try:
        return read_json(line, Delivery, what=f"delivery, line {number}")
    except MalformedError:
        # SECURITY: the reader's own message may quote what it could not read.
        raise MalformedError("not a line of a delivery", at=f"line {number}") from None


def _check_line(delivery: Delivery, charter: Charter, *, digest: str, at: str) -> None:
    halves = len(charter.registrars)
    if (delivery.charter, delivery.election, delivery.title) != (digest, charter.uuid, election_name(charter)):
        raise MismatchError("the delivery is of another charter", at=at, hint="give the charter of this vote")
    if not delivery.part.endswith(f"of {halves}"):
        raise MismatchError(f"the charter has {halves} registrars, and this is part {delivery.part}", at=at)
    try:
        read = credentials.read_typed(delivery.credential)
    except MalformedError as error:
        raise MalformedError(error.message, at=at) from None
    if credentials.with_check(read) != delivery.credential:
        raise MalformedError("a credential is not in its printed form", at=at)
