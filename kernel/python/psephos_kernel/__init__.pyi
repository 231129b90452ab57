"""Groups and proofs, over columns: the whole surface of the Rust kernel.

A *column* holds one value per row; a row is whatever the caller says it is (a ballot, a credential).
Functions take columns of equal length, use all cores and release the GIL.
The kernel does not know what an election is: every transcript's prefix comes from the caller.

Verifying is variable-time and takes public data only.
Proving is constant-time in the secrets; `Secrets` never leave except through `Secrets.expose`.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias, final

GROUP_NAMES: tuple[str, ...]
"""`Ed25519`, `BELENIOS-2048`, `RFC-3526-2048`."""

Reason: TypeAlias = Literal["syntax", "not-canonical", "not-a-member", "identity", "out-of-range"]

def backend() -> str:
    """Name of the vector backend that curve arithmetic uses in this process (`avx512`, `avx2`, `serial`)."""

def runs_avx512() -> bool:
    """Whether this machine runs what was compiled for processors with AVX-512 IFMA."""

class DecodeError(ValueError):
    """A text is not the one encoding of a value; `args` = (row, reason)."""

class WitnessError(ValueError):
    """A prover was asked to prove something false; `args` = (row,)."""

@final
class Rng:
    """A cryptographic random generator, passed in wherever randomness is used."""

    @staticmethod
    def system() -> Rng:
        """Seeded from the operating system."""
    @staticmethod
    def seeded(seed: bytes) -> Rng:
        """From 32 bytes: the same seed gives the same values. For tests and vectors only."""
    def base58(self, length: int) -> str:
        """Uniform text over Bitcoin's 58 characters."""
    def bytes(self, length: int) -> bytes:
        """Uniform bytes (nonces, challenges; never a key that could stay in the kernel)."""

@final
class Element:
    """One public element of a prime-order group, valid by construction. Equality is by value; hashable."""

    @property
    def text(self) -> str:
        """The group's one encoding: 64 hexadecimal digits (Ed25519) or a decimal integer."""
    @property
    def is_identity(self) -> bool: ...
    def __mul__(self, other: Element) -> Element:
        """Group operation, written multiplicatively; ValueError if the groups differ."""
    def __truediv__(self, other: Element) -> Element: ...
    def __pow__(self, exponent: int, modulo: None = None) -> Element:
        """Power by a *public* integer of any sign and size (reduced modulo the order); variable-time."""
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Elements:
    """A column of public group elements."""

    def __len__(self) -> int: ...
    def __getitem__(self, row: int) -> Element: ...
    def texts(self) -> list[str]: ...
    def select(self, rows: Sequence[int]) -> Elements:
        """The named rows, in the order named."""
    def concat(self, other: Elements) -> Elements: ...
    def __mul__(self, other: Elements) -> Elements:
        """Row by row."""
    def __truediv__(self, other: Elements) -> Elements:
        """Row by row."""
    def product(self, exponents: Sequence[int] | None = None) -> Element:
        """The product of all rows, each to its public exponent (0 ≤ e < 2**64); identity for no rows."""
    def __eq__(self, other: object) -> bool: ...

@final
class Scalars:
    """A column of public integers modulo the group's order."""

    def __len__(self) -> int: ...
    def __getitem__(self, row: int) -> int: ...
    def texts(self) -> list[str]:
        """Decimal, without leading zeros."""
    def select(self, rows: Sequence[int]) -> Scalars: ...

@final
class Secrets:
    """Secret integers modulo the order: zeroised when dropped, redacted in `repr`, not picklable."""

    def __len__(self) -> int: ...
    def select(self, rows: Sequence[int]) -> Secrets: ...
    def __add__(self, other: Secrets) -> Secrets:
        """Row by row."""
    def total(self) -> Secrets:
        """One row: the sum of all rows."""
    def powers(self, exponents: Sequence[int]) -> Secrets:
        """For one polynomial whose coefficients are the rows: its values at the public points given."""
    def public(self) -> Elements:
        """Generator ** secret, row by row; constant-time."""
    def apply(self, bases: Elements) -> Elements:
        """Base ** secret; constant-time. A single secret serves every base, otherwise row by row."""
    def expose(self) -> list[str]:
        """SECURITY: the secrets themselves, in decimal. Only for writing an encrypted key file or message."""

@final
class Key:
    """A public element with tables of its powers: an election's public key."""

    def __new__(cls, element: Element) -> Key: ...
    @property
    def element(self) -> Element: ...

@final
class Group:
    """One of the three groups; ValueError for any other name. Equality by name."""

    def __new__(cls, name: str) -> Group: ...
    @property
    def name(self) -> str: ...
    @property
    def order(self) -> int: ...
    @property
    def generator(self) -> Element: ...
    @property
    def identity(self) -> Element: ...
    def element(self, text: bytes, *, identity: bool = False) -> Element:
        """Decode one element: canonical, in the prime-order subgroup, not the identity unless allowed; DecodeError."""
    def elements(self, texts: Sequence[bytes], *, identity: bool = False) -> Elements:
        """The same for a column; DecodeError names the first bad row."""
    def scalars(self, texts: Sequence[bytes]) -> Scalars:
        """Decimal texts without sign or leading zero, below the order; DecodeError."""
    def column(self, elements: Sequence[Element]) -> Elements:
        """A column from single elements."""
    def random_secrets(self, rng: Rng, count: int) -> Secrets: ...
    def secrets(self, texts: Sequence[bytes]) -> Secrets:
        """From decimal texts (a key file, a decrypted message); DecodeError never shows the text."""
    def derived_secrets(self, prefixes: Sequence[bytes], seeds: Sequence[bytes]) -> Secrets:
        """Row i: the SHA-256 of each prefix ‖ seeds[i] as hexadecimal, concatenated, read as one integer, mod q."""
    def encrypt(self, key: Key, rng: Rng, messages: Sequence[int]) -> tuple[Elements, Elements, Secrets]:
        """ElGamal: (g**r, y**r · g**m, r) with a fresh r per row; 0 ≤ m < 2**32, constant-time in m and r."""
    def hash(self, prefix: bytes, elements: Sequence[Element]) -> int:
        """SHA-256(prefix ‖ texts joined by ","), as a big-endian integer mod q."""
    def discrete_logarithms(self, elements: Elements, bound: int) -> list[int | None]:
        """For each row the n with generator ** n = element, 0 ≤ n ≤ bound ≤ 10**10; None where there is none."""

@final
class Template:
    """A text with holes: the one canonical form of a ballot of one election.

    Holes are `element` (never the identity), `scalar` or `digest` (43 characters of base64, skipped when reading).
    `len(parts) == len(holes) + 1`.
    """

    def __new__(cls, group: Group, parts: Sequence[bytes], holes: Sequence[str]) -> Template: ...
    def read(self, texts: Sequence[bytes]) -> tuple[list[Elements], list[Scalars], list[tuple[int, int, int, Reason]]]:
        """Match every text in full.

        Returns the element columns and the scalar columns, in the order of their holes, of the texts that match;
        and for each text that does not: (row, byte offset, hole or -1 between holes, reason), rows ascending.
        """
    def write(
        self, elements: Sequence[Elements], scalars: Sequence[Scalars], digests: Sequence[Sequence[bytes]]
    ) -> list[bytes]:
        """Fill the holes, one text per row."""

def prove_schnorr(secrets: Secrets, rng: Rng, prefixes: Sequence[bytes]) -> tuple[Scalars, Scalars]:
    """Row by row: w random, challenge = H(prefix ‖ g**w), response = w − x·challenge."""

def verify_schnorr(prefixes: Sequence[bytes], public: Elements, challenges: Scalars, responses: Scalars) -> list[int]:
    """Rows where challenge ≠ H(prefix ‖ g**response · public**challenge), ascending."""

def prove_equality(secrets: Secrets, rng: Rng, prefixes: Sequence[bytes], bases: Elements) -> tuple[Scalars, Scalars]:
    """Chaum–Pedersen: H(prefix ‖ g**w , base**w). A single secret serves every row, otherwise row by row."""

def verify_equality(
    prefixes: Sequence[bytes],
    public: Elements,
    bases: Elements,
    images: Elements,
    challenges: Scalars,
    responses: Scalars,
) -> list[int]:
    """Rows where challenge ≠ H(prefix ‖ g**r·public**c , base**r·image**c), ascending."""

def prove_disjunction(
    key: Key,
    rng: Rng,
    prefixes: Sequence[bytes],
    listed: Sequence[Sequence[Elements]],
    statements: Sequence[tuple[Secrets, Sequence[int], int]],
) -> tuple[list[Scalars], list[Scalars]]:
    """Prove that at least one statement is true, without telling which.

    A statement is (randomness r, message m per row, value M): "the ciphertext (g**r, y**r·g**m) encrypts M".
    The transcript is prefix ‖ for each list in `listed`: the row's texts joined by "," and then "|" ‖ A0,B0,A1,B1,…
    In each row the first true statement is proved and the others simulated, with the same operations for every row;
    WitnessError where none is true. Returns one column of challenges and one of responses per statement.
    """

def verify_disjunction(
    key: Key,
    prefixes: Sequence[bytes],
    listed: Sequence[Sequence[Elements]],
    statements: Sequence[tuple[Elements, Elements, int]],
    challenges: Sequence[Scalars],
    responses: Sequence[Scalars],
) -> list[int]:
    """Rows where the sum of challenges ≠ H(transcript), ascending.

    A statement is (alpha, beta, value M); A = g**r·alpha**c and B = y**r·(beta/g**M)**c.
    """
