"""Voters' credentials: their two formats, and the public list.

Clauses: Belenios 2.0 §4.8 (15 characters, PBKDF2); 3.3.0 core/credential.ml (22 characters).
"""

import hashlib
import re
from collections.abc import Sequence

from .canonical import LONGEST_WEIGHT, array, decimal, dump, parse_canonical, text
from .errors import RefusedError
from .groups import Group

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
CHECKSUM_MODULUS = 53
PBKDF2_ITERATIONS = 1000


def format_modern(characters: str) -> str:
    """Group 22 characters as 5-6-5-6."""
    return "-".join((characters[:5], characters[5:11], characters[11:16], characters[16:]))


def format_old(characters: str) -> str:
    """Append the checksum to 14 characters and group them as 3-3-3-3-3."""
    number = 0
    for character in characters:
        number = number * 58 + BASE58.index(character)
    checked = characters + BASE58[(CHECKSUM_MODULUS - number) % CHECKSUM_MODULUS]
    return "-".join(checked[at : at + 3] for at in range(0, len(checked), 3))


def derive_modern(group: Group, credential: str, *, uuid: str) -> int:
    """Derive the secret exponent of a credential of 2.3 or later (dashes included).

    Raises:
        RefusedError: If the credential is not in that format.
    """
    digit = f"[{BASE58}]"
    if not re.fullmatch(f"{digit}{{5}}-{digit}{{6}}-{digit}{{5}}-{digit}{{6}}", credential):
        raise RefusedError("not a credential of 22 characters in groups of 5-6-5-6")
    seeds = (f"derive_credential|{uuid}|{index}|{credential}" for index in (0, 1))
    return int("".join(hashlib.sha256(seed.encode()).hexdigest() for seed in seeds), 16) % group.q


def derive_old(group: Group, credential: str, *, uuid: str) -> int:
    """Derive the secret exponent of a credential of 2.0 (dashes included).

    Raises:
        RefusedError: If the credential is not in that format or its checksum is wrong.
    """
    characters = credential.replace("-", "")
    if not re.fullmatch(f"[{BASE58}]{{15}}", characters) or format_old(characters[:-1]) != credential:
        raise RefusedError("not a credential of 15 characters in groups of three, or its checksum is wrong")
    key = hashlib.pbkdf2_hmac("sha256", credential.encode(), uuid.encode(), PBKDF2_ITERATIONS)
    return int.from_bytes(key, "big") % group.q


def derive(group: Group, credential: str, *, uuid: str) -> int:
    """Derive the secret exponent of a credential in either format.

    Raises:
        RefusedError: If it is in neither.
    """
    old_groups = 5
    if len(credential.split("-")) == old_groups:
        return derive_old(group, credential, uuid=uuid)
    return derive_modern(group, credential, uuid=uuid)


def parse_public_credentials(group: Group, raw: bytes) -> dict[str, int]:
    """Read the archived list: encoded public credential to weight; every element is checked.

    Raises:
        RefusedError: If an entry is malformed, no group member, or listed twice.
    """
    weights: dict[str, int] = {}
    for item in array(parse_canonical(raw)):
        encoded, comma, weight = text(item).partition(",")
        group.decode(encoded)
        if encoded in weights:
            raise RefusedError(f"public credential listed twice: {encoded[:80]}")
        weights[encoded] = decimal(weight, LONGEST_WEIGHT) if comma else 1
    return weights


def dump_public_credentials(group: Group, secrets: Sequence[tuple[int, int | None]]) -> bytes:
    """Write the list for secret exponents and weights (None: no weights in use), sorted by element."""
    entries = sorted((group.power(group.g, secret), weight) for secret, weight in secrets)
    return dump(
        [group.encode(public) + ("" if weight is None else f",{weight}") for public, weight in entries]
    ).encode()
