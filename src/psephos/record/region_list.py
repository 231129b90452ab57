"""The registrars' list: for each credential, in which region its voter is registered, and who says so.

The list is two bytes for each credential, in the order of the public list. Every registrar signs its hash, for one
setup; with two of them, both have made the same list, or it has no effect.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from psephos.errors import MalformedError, MismatchError
from psephos.protocol import proofs
from psephos.protocol.encoding import Digest, Wire, read_json, sha256_hex, write_json
from psephos.protocol.group import Element, Group, Randomness, Secrets
from psephos.protocol.proofs import Proof, SignedMessage
from psephos.record.acceptance import registrar_party
from psephos.record.charter import Charter
from psephos.record.regions import Regions, read_regions

OUTSIDE = 0xFFFF
"""In the list: of no region."""


class RegionCodes:
    """The registrar's list: for each credential, in the list's order, where its voter is registered.

    Two bytes each, the higher first: the leaf's place among the charter's leaves, or `OUTSIDE`.
    """

    def __init__(self, regions: Regions) -> None:
        """Begin before the first credential."""
        self._regions = regions
        self._rest = len(regions.leaves) - 1 if regions.terms.rest else None
        self._found: Counter[int] = Counter()
        self._half = b""

    def take(self, piece: bytes) -> list[int]:
        """Places of leaves, of the next credentials.

        Raises:
            MalformedError: A code of no leaf.
        """
        received = self._half + piece
        whole = len(received) // 2 * 2
        self._half = received[whole:]
        codes = array("H", received[:whole])
        if sys.byteorder == "little":
            codes.byteswap()
        named = len(self._regions.leaves) - (self._rest is not None)
        found = Counter(codes)
        for code in found:
            if code >= named and (code != OUTSIDE or self._rest is None):
                raise MalformedError(f"the charter has no region {code}", at="region list")
        places = codes.tolist()
        if OUTSIDE in found:
            assert self._rest is not None
            places = [self._rest if code == OUTSIDE else code for code in places]
        self._found.update(places)
        return places

    def check(self) -> None:
        """Check, at the end, that every leaf has as many voters as the charter says.

        Raises:
            MalformedError: Half a code is left over.
            MismatchError: At the first leaf that has more or fewer.
        """
        if self._half:
            raise MalformedError("the list ends within a credential's region", at="region list")
        _check_found(self._found, self._regions)


def check_places(places: Iterable[int], regions: Regions) -> None:
    """Check that every leaf has as many voters as the charter says.

    Args:
        places: Of the voters' leaves, in any order.
        regions: The charter's.

    Raises:
        MismatchError: At the first leaf that has more or fewer.
    """
    _check_found(Counter(places), regions)


def _check_found(found: Counter[int], regions: Regions) -> None:
    for place, leaf in enumerate(regions.leaves):
        if found[place] != leaf.registered:
            raise MismatchError(
                f"the list has {found[place]} voters where the charter has {leaf.registered}",
                at=f"region {leaf.id!r}" if leaf.id else "no region",
            )


def write_codes(places: Iterable[int], regions: Regions) -> bytes:
    """The registrar's list.

    Args:
        places: For each credential, in the order of the public list, its leaf's place.
        regions: The charter's.

    Raises:
        MalformedError, MismatchError: See `RegionCodes`.
    """
    rest = len(regions.leaves) - 1 if regions.terms.rest else None
    codes = array("H", (OUTSIDE if place == rest else place for place in places))
    if sys.byteorder == "little":
        codes.byteswap()
    written = codes.tobytes()
    reader = RegionCodes(regions)
    reader.take(written)
    reader.check()
    return written


class RegionStatement(Wire, frozen=True):
    """That a list of regions is the registrars'.

    Attributes:
        setup: Fingerprint of the setup, whose credentials the list is parallel to.
        regions: SHA-256 of the list.
        signatures: One for each registrar, in the charter's order.
    """

    setup: Digest
    regions: Digest
    signatures: tuple[Proof, ...]


class RegionSignature(Wire, frozen=True):
    """One registrar's signature, on its way to whoever puts the statement together.

    Attributes:
        party: See `registrar_party`.
        setup: Fingerprint of the setup.
        regions: SHA-256 of the list.
        signature: Over the three.
    """

    party: str
    setup: Digest
    regions: Digest
    signature: Proof


def _signed_text(party: str, setup: str, regions: str) -> str:
    return f"psephos/regions|{party}|{setup}|{regions}"


def sign_regions(secret: Secrets, *, party: str, setup: str, regions: str, rng: Randomness) -> Proof:
    """A registrar's signature under a list of regions.

    Args:
        secret: The registrar's signing key.
        party: See `registrar_party`.
        setup: Fingerprint of the setup.
        regions: SHA-256 of the list.
        rng: Where randomness comes from.
    """
    return proofs.sign_message(secret, rng, _signed_text(party, setup, regions)).signature


def join_signatures(received: Sequence[bytes], charter: Charter, *, regions: bytes) -> bytes:
    """The registrars' statement, from a signature of each; whether they hold is checked where the entry is judged.

    Args:
        received: Their messages, in any order.
        charter: Whose registrars they are.
        regions: The list that they signed.

    Raises:
        MalformedError: Not such a message.
        MismatchError: One is missing, or there are two, or they are not about the same setup and this list.
    """
    signed = [read_json(one, RegionSignature, what="signature under the region list") for one in received]
    parties = [registrar_party(number) for number in range(1, len(charter.registrars) + 1)]
    if sorted(one.party for one in signed) != parties:
        raise MismatchError(f"a signature of each registrar is needed, once: {', '.join(parties)}", at="/party")
    setup, digest = signed[0].setup, sha256_hex(regions)
    for one in signed:
        if (one.setup, one.regions) != (setup, digest):
            raise MismatchError("signed for another setup, or under another list", at="/regions", culprit=one.party)
    by_party = {one.party: one.signature for one in signed}
    return write_region_statement(setup=setup, regions=digest, signatures=[by_party[party] for party in parties])


def write_region_statement(*, setup: str, regions: str, signatures: Sequence[Proof]) -> bytes:
    """The registrars' statement, with a signature of each in the charter's order."""
    return write_json(RegionStatement(setup=setup, regions=regions, signatures=tuple(signatures)))


def sign_list(secret: Secrets, charter: Charter, *, party: str, setup: str, regions: bytes, rng: Randomness) -> bytes:
    """A registrar's signature under the list that came out when credentials were made.

    Args:
        secret: The registrar's signing key.
        charter: The charter.
        party: See `registrar_party`.
        setup: Fingerprint of a setup that was checked and compared.
        regions: regions.bin as this registrar made it.
        rng: Where randomness comes from.

    Raises:
        MismatchError: The charter counts no regions, or other numbers of voters.
        MalformedError: Not a list of regions.
    """
    if charter.regions is None:
        raise MismatchError("the charter counts no regions", at="/regions")
    codes = RegionCodes(read_regions(charter.regions))
    codes.take(regions)
    codes.check()
    digest = sha256_hex(regions)
    signature = sign_regions(secret, party=party, setup=setup, regions=digest, rng=rng)
    return write_json(RegionSignature(party=party, setup=setup, regions=digest, signature=signature))


def check_statement(
    received: bytes, charter: Charter, *, setup: str, regions: str, parties: Mapping[str, Element], group: Group
) -> None:
    """Check that every registrar signed a list.

    Args:
        received: Their statement.
        charter: Whose registrars they are.
        setup: Fingerprint of the setup.
        regions: SHA-256 of the list.
        parties: Their keys, by party.
        group: The election's group.

    Raises:
        MismatchError: They signed another list, or for another setup.
        MalformedError: Not a statement, or with another number of signatures.
        InvalidProofError: A signature does not hold.
    """
    wire = read_json(received, RegionStatement, what="statement of the registrars")
    if (wire.setup, wire.regions) != (setup, regions):
        raise MismatchError("the registrars signed another list, or for another setup", at="statement")
    signers = [registrar_party(number) for number in range(1, len(charter.registrars) + 1)]
    if len(wire.signatures) != len(signers):
        raise MalformedError(f"{len(wire.signatures)} registrars signed, not {len(signers)}", at="/signatures")
    for party, signature in zip(signers, wire.signatures, strict=True):
        signed = SignedMessage(message=_signed_text(party, setup, regions), signature=signature)
        proofs.verify_message(group, parties[party], signed, what="region list", culprit=party)
