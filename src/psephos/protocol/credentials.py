"""Credentials: what a voter holds, and the public list of who may vote (specification §4.8, in the form of 3.3).

A credential is 22 random characters, written 5-6-5-6. Its secret exponent is derived from it and the election,
so the same credential is worth nothing elsewhere. Two check characters are printed beside it; they are not part
of it and say which group was mistyped.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from psephos.errors import MalformedError
from psephos.protocol.encoding import BASE58, read_decimal
from psephos.protocol.group import DecodeError, Elements, Group, Randomness, Secrets, explain

LENGTH = 22
GROUP_SIZES = (5, 6, 5, 6)
CHECK_CHARACTERS = BASE58 + "0"
_PRIME = len(CHECK_CHARACTERS)
_ROW_BYTES = 32
_EMPTY = bytes(_ROW_BYTES)


def generate(rng: Randomness) -> str:
    """A fresh credential: 22 of 58 characters, 128.8 bits."""
    return with_dashes(rng.base58(LENGTH))


def with_dashes(characters: str) -> str:
    """The canonical form of 22 characters, XXXXX-XXXXXX-XXXXX-XXXXXX."""
    groups, start = [], 0
    for size in GROUP_SIZES:
        groups.append(characters[start : start + size])
        start += size
    return "-".join(groups)


def check_characters(credential: str) -> str:
    """The two characters printed beside a credential: Σ v_i and Σ i·v_i modulo 59.

    Any one wrong character is found and its place known; any two swapped characters are found.
    """
    values = [BASE58.index(character) for character in credential.replace("-", "")]
    plain = sum(values) % _PRIME
    weighted = sum(place * value for place, value in enumerate(values, start=1)) % _PRIME
    return CHECK_CHARACTERS[plain] + CHECK_CHARACTERS[weighted]


def with_check(credential: str) -> str:
    """As printed for the voter: the credential and its check characters."""
    return f"{credential} {check_characters(credential)}"


def read_typed(typed: str) -> str:
    """A credential as a person typed it, with or without dashes, blanks and check characters.

    Raises:
        MalformedError: Says what is wrong, and in which group where the check characters tell.
            The message never repeats the credential.
    """
    characters = "".join(typed.replace("-", "").split())
    for place, character in enumerate(characters):
        if character not in BASE58 and not (place >= LENGTH and character in CHECK_CHARACTERS):
            raise MalformedError(
                f"character {place + 1} cannot occur in a credential", hint="0, O, I and l are never used"
            )
    if len(characters) == LENGTH:
        return with_dashes(characters)
    if len(characters) != LENGTH + 2:
        raise MalformedError(
            f"a credential has {LENGTH} characters, and 2 check characters; these are {len(characters)}"
        )
    credential, typed_check = with_dashes(characters[:LENGTH]), characters[LENGTH:]
    if check_characters(credential) != typed_check:
        raise MalformedError(f"the credential was mistyped: {_where_mistyped(credential, typed_check)}")
    return credential


def _where_mistyped(credential: str, typed_check: str) -> str:
    """Which group holds the wrong character, if only one is wrong: i = (ΔΣ i·v) / (ΔΣ v) modulo 59."""
    right, typed = (
        [CHECK_CHARACTERS.index(character) for character in check]
        for check in (check_characters(credential), typed_check)
    )
    plain, weighted = (right[0] - typed[0]) % _PRIME, (right[1] - typed[1]) % _PRIME
    if plain == 0:
        return "two characters are swapped, or more than one is wrong"
    place = weighted * pow(plain, -1, _PRIME) % _PRIME
    if not 1 <= place <= LENGTH:
        return "the check characters are wrong, or more than one character is"
    number, end = 0, 0
    for size in GROUP_SIZES:
        number, end = number + 1, end + size
        if place <= end:
            break
    return f"look at group {number}"


def derive_secrets(group: Group, uuid: str, credentials: Sequence[str]) -> Secrets:
    """The secret exponents of credentials in one election (reference 2; Belenios 3.3).

    > sk = SHA256(derive_credential|UUID|0|CRED) ‖ SHA256(derive_credential|UUID|1|CRED)  mod q
    """
    prefixes = [f"derive_credential|{uuid}|{block}|".encode() for block in (0, 1)]
    return group.derived_secrets(prefixes, [credential.encode() for credential in credentials])


def in_order(group: Group, public: Elements) -> list[int]:
    """Row numbers in the order of Belenios' list: Ed25519 by little-endian bytes, integers by value."""
    texts = public.texts()
    if group.name == "Ed25519":
        return sorted(range(len(texts)), key=lambda row: bytes.fromhex(texts[row])[::-1])
    return sorted(range(len(texts)), key=lambda row: int(texts[row]))


class PublicCredential(msgspec.Struct, frozen=True):
    """One entry of the list: a public credential's text and the weight of its vote."""

    text: str
    weight: int


def read_entry(entry: str, *, at: str) -> PublicCredential:
    """> either a public credential by itself, or followed by a comma and the weight  (§4.8).

    Raises:
        MalformedError: More than that, such as a name.
    """
    text, comma, weight = entry.partition(",")
    if not comma:
        return PublicCredential(text, 1)
    value = read_decimal(weight, what=at)
    if value >= 2**64:
        raise MalformedError(f"a weight of {value}", at=at)
    return PublicCredential(text, value)


class Electorate:
    """The public credentials, packed: an open-addressing table of their SHA-256, 43 bytes for each that is expected.

    Weights other than 1 add 11 bytes a voter. The hashes are uniform, so a look-up takes one or two probes.
    The table doubles where there are more entries than were expected.

    Attributes:
        weighted: Whether any entry names a weight.
        total_weight: Sum of all weights.
    """

    def __init__(self, group: Group, *, capacity: int) -> None:
        """An empty table.

        Args:
            group: The election's group.
            capacity: How many entries are expected.
        """
        self._group = group
        self._weights: array[int] | None = None
        self._count = 0
        self._make_table(capacity)
        self.weighted = False
        self.total_weight = 0

    def _make_table(self, capacity: int) -> None:
        self._capacity = capacity
        self._slots = capacity * 4 // 3 + 8
        self._table = bytearray(self._slots * _ROW_BYTES)

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> int:
        """Rows of the packed table, for arrays that the caller keeps beside it once all entries are in."""
        return self._slots

    def add(self, entries: Sequence[str]) -> None:
        """Take in the next entries of the list.

        Raises:
            MalformedError: An entry is not a public credential, or stands in the list twice; its place says which.
        """
        read = [read_entry(entry, at=f"credentials/{self._count + place}") for place, entry in enumerate(entries)]
        try:
            self._group.elements([credential.text.encode() for credential in read])
        except DecodeError as error:
            row, reason = error.args
            raise MalformedError(f"credential {explain(reason)}", at=f"credentials/{self._count + row}") from None
        for entry, credential in zip(entries, read, strict=True):
            self._insert(credential, at=f"credentials/{self._count}")
            self.weighted = self.weighted or "," in entry

    def _insert(self, credential: PublicCredential, *, at: str) -> None:
        digest = sha256(credential.text.encode()).digest()
        slot, found = self._probe(digest)
        if found:
            raise MalformedError("the public credential is listed twice", at=at)
        if self._count == self._capacity:
            self._grow()
            slot, _ = self._probe(digest)
        self._table[slot * _ROW_BYTES : (slot + 1) * _ROW_BYTES] = digest
        self._count += 1
        self.total_weight += credential.weight
        if credential.weight != 1:
            if self._weights is None:
                self._weights = array("Q", [1]) * self._slots
            self._weights[slot] = credential.weight

    def _grow(self) -> None:
        """Move to a table of twice the capacity; a full one would have no free slot at which a probe ends."""
        table, weights = memoryview(self._table), self._weights
        self._make_table(2 * self._capacity)
        self._weights = None if weights is None else array("Q", [1]) * self._slots
        for old in range(len(table) // _ROW_BYTES):
            digest = bytes(table[old * _ROW_BYTES : (old + 1) * _ROW_BYTES])
            if digest == _EMPTY:
                continue
            slot, _ = self._probe(digest)
            self._table[slot * _ROW_BYTES : (slot + 1) * _ROW_BYTES] = digest
            if weights is not None and self._weights is not None:
                self._weights[slot] = weights[old]

    def row(self, credential: str) -> int | None:
        """The credential's row in the packed table; None if it is not listed."""
        slot, found = self._probe(sha256(credential.encode()).digest())
        return slot if found else None

    def weight(self, row: int) -> int:
        """The weight of the credential in that row."""
        return 1 if self._weights is None else self._weights[row]

    def _probe(self, digest: bytes) -> tuple[int, bool]:
        """The slot that holds the digest, or the free one where it would stand."""
        slot = int.from_bytes(digest[:8], "big") * self._slots >> 64
        while True:
            present = self._table[slot * _ROW_BYTES : (slot + 1) * _ROW_BYTES]
            if present == digest:
                return slot, True
            if present == _EMPTY:
                return slot, False
            slot = slot + 1 if slot + 1 < self._slots else 0
