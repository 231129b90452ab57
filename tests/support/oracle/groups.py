"""The three groups, in integers, with Belenios' encodings.

Clause: Belenios 2.0 §5 (BELENIOS-2048, RFC-3526-2048); Ed25519 as of 2.1.
Multiplicative notation as in the specification. An element is a tuple of integers: (x, y) on
the curve, (value,) modulo p. `power` never reduces its exponent, so that it is also right for
elements outside the subgroup of order q.
"""

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable

from .canonical import decimal
from .errors import RefusedError

Element = tuple[int, ...]


class Group(ABC):
    """A group of prime order q in which discrete logarithms are hard."""

    name: str
    q: int
    g: Element
    identity: Element

    @abstractmethod
    def multiply(self, a: Element, b: Element) -> Element:
        """Compute a b."""

    @abstractmethod
    def invert(self, a: Element) -> Element:
        """Compute the inverse of a."""

    @abstractmethod
    def power(self, a: Element, n: int) -> Element:
        """Compute a^n for n >= 0, not reduced."""

    @abstractmethod
    def encode(self, a: Element) -> str:
        """Write an element as Belenios does."""

    @abstractmethod
    def decode_any(self, encoded: str) -> Element:
        """Read a canonical encoding without the membership check.

        Raises:
            RefusedError: If it is not the one encoding of a point of the curve or field.
        """

    def decode_or_identity(self, encoded: str) -> Element:
        """Read a member of the group, which may be the identity.

        Raises:
            RefusedError: If the encoding is not canonical or the element is no member.
        """
        element = self.decode_any(encoded)
        if self.power(element, self.q) != self.identity:
            raise RefusedError(f"not a member of the group {self.name}: {encoded[:80]}")
        return element

    def decode(self, encoded: str) -> Element:
        """Read a member of the group where an honest party never produces the identity.

        Raises:
            RefusedError: If the encoding is not canonical, the element no member, or the identity.
        """
        element = self.decode_or_identity(encoded)
        if element == self.identity:
            raise RefusedError("the identity element where none can be")
        return element

    def decode_scalar(self, digits: str) -> int:
        """Read an integer modulo q: decimal, canonical, reduced.

        Raises:
            RefusedError: If it is not.
        """
        scalar = decimal(digits, len(str(self.q)))
        if scalar >= self.q:
            raise RefusedError("a scalar is not below q")
        return scalar

    def divide(self, a: Element, b: Element) -> Element:
        """Compute a / b."""
        return self.multiply(a, self.invert(b))

    def product(self, factors: Iterable[Element]) -> Element:
        """Multiply; of nothing, the identity."""
        result = self.identity
        for factor in factors:
            result = self.multiply(result, factor)
        return result

    def hash_to_scalar(self, prefix: str, elements: Iterable[Element]) -> int:
        """Hash a challenge: SHA256(prefix ++ e1,e2,...) as a big-endian integer modulo q."""
        string = prefix + ",".join(self.encode(element) for element in elements)
        return int.from_bytes(hashlib.sha256(string.encode("utf-8")).digest(), "big") % self.q


class Ed25519(Group):
    """The prime-order subgroup of edwards25519: -x^2 + y^2 = 1 + d x^2 y^2 modulo p."""

    name = "Ed25519"
    p = 2**255 - 19
    q = 2**252 + 27742317777372353535851937790883648493
    d = -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19)
    identity: Element = (0, 1)

    def __init__(self) -> None:
        # The base point of RFC 8032: y = 4/5, x even.
        self.g = self.decode_any(f"{4 * pow(5, -1, self.p) % self.p:064x}")

    def on_curve(self, a: Element) -> bool:
        """Tell whether the coordinates satisfy the curve equation."""
        x, y = a
        return (-x * x + y * y - 1 - self.d * x * x * y * y) % self.p == 0

    def multiply(self, a: Element, b: Element) -> Element:
        """Compute a b with the complete affine addition law."""
        (x1, y1), (x2, y2) = a, b
        t = self.d * x1 * x2 * y1 * y2 % self.p
        x = (x1 * y2 + y1 * x2) * pow(1 + t, -1, self.p) % self.p
        y = (y1 * y2 + x1 * x2) * pow(1 - t, -1, self.p) % self.p
        return (x, y)

    def invert(self, a: Element) -> Element:
        """Compute the inverse of a."""
        x, y = a
        return (-x % self.p, y)

    def _add_extended(self, a: Element, b: Element) -> Element:
        """Add in extended coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, T = XY/Z (RFC 8032 §5.1.4)."""
        (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
        p = self.p
        aa = (y1 - x1) * (y2 - x2) % p
        bb = (y1 + x1) * (y2 + x2) % p
        cc = 2 * t1 * t2 * self.d % p
        dd = 2 * z1 * z2 % p
        e, f, g, h = bb - aa, dd - cc, dd + cc, bb + aa
        return (e * f % p, g * h % p, f * g % p, e * h % p)

    def power(self, a: Element, n: int) -> Element:
        """Compute a^n for n >= 0 by square and multiply."""
        assert n >= 0
        x, y = a
        square: Element = (x, y, 1, x * y % self.p)
        result: Element = (0, 1, 1, 0)
        while n:
            if n & 1:
                result = self._add_extended(result, square)
            square = self._add_extended(square, square)
            n >>= 1
        inverse = pow(result[2], -1, self.p)
        return (result[0] * inverse % self.p, result[1] * inverse % self.p)

    def encode(self, a: Element) -> str:
        """Write y with the parity of x as bit 255, big-endian, in 64 hexadecimal digits."""
        x, y = a
        return f"{y | (x & 1) << 255:064x}"

    def decode_any(self, encoded: str) -> Element:
        """Read a canonical encoding of a point of the curve.

        Raises:
            RefusedError: If it is not one.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", encoded):
            raise RefusedError(f"not 64 lower-case hexadecimal digits: {encoded[:80]!r}")
        z = int(encoded, 16)
        y, odd = z & (2**255 - 1), z >> 255
        if y >= self.p:
            raise RefusedError("a coordinate is not below p")
        x = self._x_of(y)
        if x == 0 and odd:
            raise RefusedError("minus zero as a coordinate")
        return (x if x & 1 == odd else self.p - x, y)

    def _x_of(self, y: int) -> int:
        """Find an x with (x, y) on the curve (RFC 8032 §5.1.3).

        Raises:
            RefusedError: If there is none.
        """
        square = (y * y - 1) * pow(self.d * y * y + 1, -1, self.p) % self.p
        root = pow(square, (self.p + 3) // 8, self.p)
        if root * root % self.p != square:
            root = root * pow(2, (self.p - 1) // 4, self.p) % self.p
        if root * root % self.p != square:
            raise RefusedError("not a point of the curve")
        return root


class ModP(Group):
    """The subgroup of order q of the integers modulo a prime p."""

    identity: Element = (1,)

    def __init__(self, name: str, *, p: int, q: int, g: int) -> None:
        self.name, self.p, self.q, self.g = name, p, q, (g,)

    def multiply(self, a: Element, b: Element) -> Element:
        """Compute a b."""
        return (a[0] * b[0] % self.p,)

    def invert(self, a: Element) -> Element:
        """Compute the inverse of a."""
        return (pow(a[0], -1, self.p),)

    def power(self, a: Element, n: int) -> Element:
        """Compute a^n for n >= 0."""
        assert n >= 0
        return (pow(a[0], n, self.p),)

    def encode(self, a: Element) -> str:
        """Write the residue in base 10."""
        return str(a[0])

    def decode_any(self, encoded: str) -> Element:
        """Read a residue between 1 and p - 1.

        Raises:
            RefusedError: If it is not one, in canonical form.
        """
        value = decimal(encoded, len(str(self.p)))
        if not 0 < value < self.p:
            raise RefusedError("not a residue between 1 and p - 1")
        return (value,)


ED25519 = Ed25519()

BELENIOS_2048 = ModP(
    "BELENIOS-2048",
    p=int(
        "a3ef2d011fefb1b6e39e568fccdffb0fb7dc7ef3a791b6862791811d21fc35f21e6d36856b428030421f514ed40bfd4c"
        "06e092a495af8d79a2f85e0fb11c0ede07dd973f9c53e50930c6e82ac36de1ae3fb8c3aabfff12ce27a5022ddd8912d1"
        "07435012768a2cdd0a4091d8fa447f6c7ebc15a349fa318a6b4fe17d8d47e843a3e14dfa9b2162f4d7229abe93a188b4"
        "6b006517d6f6747ebbb29c9ec3099b607f18fb1a8bc858279aa8599411d998d3e3fada9e010840d082d8c31911acdd4a"
        "0e7992d0f18cc759cb5de0acf66a3882555bc810941e021b6a4ccfa04ee4008f878affa2375e2999b44f6cef17d70730"
        "1e59e0e6351e051ed9cec4157646e64f",
        16,
    ),
    q=78571733251071885079927659812671450121821421258408794611510081919805623223441,
    g=int(
        "1307c1ab5f295885d7caa3a78a42415e31fd1c5807b61fb1e781878a52230a51988b98c259597f9c5a9dfd001d26ba31"
        "d9d8976f01d95a1c8262ee68a0e92cea541e5219e0d0d094301b894236823fe1d4bc04e29f3748aefd4f10d5b1a356a8"
        "643e673fd9d215fc8fe5fb9cf9fdb8ea88fdb1a3381a697fdf9c2458570b06d26aef1be365fdd90165f397c6b870df8c"
        "1b9e519edcee8bb0f74b7a1615a274ba60a7ea574a61f552d2dde0ce514e0927c4ff49b1964c4a913731ae4268d60d7f"
        "22127b6cbba44d453ac8b72fd04e0991b7aeff04867d8724ac638f5f34100d2d47aa680d43771902743d663f42d853c0"
        "41e1c91fe3823f4bcf284308f1d7e653",
        16,
    ),
)

RFC_3526_2048_P = int(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
    "83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
    "15728e5a8aacaa68ffffffffffffffff",
    16,
)

RFC_3526_2048 = ModP("RFC-3526-2048", p=RFC_3526_2048_P, q=(RFC_3526_2048_P - 1) // 2, g=2)

GROUPS: dict[str, Group] = {group.name: group for group in (ED25519, BELENIOS_2048, RFC_3526_2048)}


def group_named(name: str) -> Group:
    """Find a group by the name in election.json.

    Raises:
        RefusedError: If there is none.
    """
    if name not in GROUPS:
        raise RefusedError(f"unknown group {name!r}")
    return GROUPS[name]
