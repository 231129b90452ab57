"""The one JSON form that hashes are computed over, and the hashes.

Clause: Belenios 2.0 §4.1 and §4.15 (compact JSON, fields in the order of the specification).
The writer follows Yojson: raw UTF-8, no blanks, DEL escaped as well as the C0 controls.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence

from .errors import RefusedError

HEX_HASH = re.compile(r"[0-9a-f]{64}")
LARGEST_PLAIN_WEIGHT = 2**30 - 1
LONGEST_WEIGHT = 40


def dump(value: object) -> str:
    """Serialize a value: compact, fields in insertion order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("\x7f", "\\u007f")


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise RefusedError("a JSON object names a field twice")
    return dict(pairs)


def _no_fraction(text: str) -> object:
    raise RefusedError(f"a JSON number is not an integer: {text}")


def parse(raw: bytes) -> object:
    """Read JSON strictly: UTF-8, no repeated field, integers only; any formatting.

    Raises:
        RefusedError: If the bytes are not such JSON.
    """
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_distinct,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise RefusedError(f"not JSON: {error}") from error
    except RefusedError:
        raise
    except ValueError as error:  # an integer of more than 4,300 digits
        raise RefusedError(f"not JSON we read: {error}") from error


def parse_canonical(raw: bytes) -> object:
    """Read JSON that must be in the one form `dump` writes.

    Raises:
        RefusedError: If the bytes are not JSON, or not in that form.
    """
    value = parse(raw)
    if dump(value).encode("utf-8", "surrogatepass") != raw:
        raise RefusedError("JSON is not in canonical form")
    return value


def fields(value: object, *names: str) -> dict[str, object]:
    """Take an object with exactly these fields in this order; a name ending in `?` may be absent.

    Raises:
        RefusedError: If a field is unknown, missing or misplaced, or the value is no object.
    """
    if not isinstance(value, dict):
        raise RefusedError(f"expected an object with fields {names}")
    expected = [name.rstrip("?") for name in names if not name.endswith("?") or name[:-1] in value]
    if list(value) != expected:
        raise RefusedError(f"expected fields {expected}, found {list(value)}")
    return value


def text(value: object) -> str:
    """Take a string.

    Raises:
        RefusedError: If it is something else.
    """
    if not isinstance(value, str):
        raise RefusedError(f"expected a string, found {value!r}")
    return value


def natural(value: object) -> int:
    """Take a non-negative JSON integer.

    Raises:
        RefusedError: If it is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise RefusedError(f"expected a natural number, found {value!r}")
    return value


def array(value: object, length: int | None = None) -> Sequence[object]:
    """Take an array, of this length if one is given.

    Raises:
        RefusedError: If it is something else or has another length.
    """
    if not isinstance(value, list):
        raise RefusedError("expected an array")
    if length is not None and len(value) != length:
        raise RefusedError(f"expected an array of {length}, found {len(value)}")
    return value


def hex_hash(value: object) -> str:
    """Take a SHA-256 digest in 64 lower-case hexadecimal digits.

    Raises:
        RefusedError: If it is something else.
    """
    digest = text(value)
    if not HEX_HASH.fullmatch(digest):
        raise RefusedError(f"not a SHA-256 digest in lower-case hexadecimal: {digest!r}")
    return digest


def sha256_hex(raw: bytes) -> str:
    """Hash for events, file names, setup data and encrypted tallies."""
    return hashlib.sha256(raw).hexdigest()


def sha256_base64(raw: bytes) -> str:
    """Hash for elections and ballots inside ballots: Base64, 43 characters, no padding (§4.15)."""
    return base64.b64encode(hashlib.sha256(raw).digest()).decode("ascii").rstrip("=")


def decimal(digits: str, longest: int) -> int:
    """Read a natural number in its one decimal form, of at most `longest` digits.

    Raises:
        RefusedError: On a sign, a blank, a leading zero, another alphabet, or too many digits.
    """
    if len(digits) > longest or not re.fullmatch(r"0|[1-9][0-9]*", digits):
        raise RefusedError(f"not a canonical decimal number of at most {longest} digits: {digits[:80]!r}")
    return int(digits)


def weight_from_json(value: object) -> int:
    """Read a weight: an integer up to 2^30-1, a decimal string above.

    Raises:
        RefusedError: If it is in another form.
    """
    if isinstance(value, str):
        weight = decimal(value, LONGEST_WEIGHT)
        if weight <= LARGEST_PLAIN_WEIGHT:
            raise RefusedError("a weight below 2^30 is written as a string")
        return weight
    weight = natural(value)
    if weight > LARGEST_PLAIN_WEIGHT:
        raise RefusedError("a weight of 2^30 or more is written as a number")
    return weight


def weight_to_json(weight: int) -> int | str:
    """Write a weight as `weight_from_json` reads it."""
    return weight if weight <= LARGEST_PLAIN_WEIGHT else str(weight)
