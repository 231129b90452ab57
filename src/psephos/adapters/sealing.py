"""age: key files under a passphrase (scrypt), deliveries to a recipient's key (X25519)."""

from __future__ import annotations

from pyrage import DecryptError, IdentityError, RecipientError, decrypt, encrypt, passphrase, x25519

from psephos.errors import MalformedError, RefusedError, UnavailableError

SHORTEST_PASSPHRASE = 12
_TOO_MUCH_WORK = "Excessive work"
_MOST_TRIES = 8
ENOUGH_WORK = 17
"""log₂ of scrypt's cost with which sealing is content."""


def seal_with_passphrase(content: bytes, secret: str) -> bytes:
    """An age file that the passphrase opens.

    The library makes trying a passphrase cost what this computer does in a second, and a busy one does little. So it is
    measured again unless that is enough, and the file that costs most is kept.

    Raises:
        RefusedError: The passphrase is too short.
    """
    if len(secret) < SHORTEST_PASSPHRASE:
        raise RefusedError(f"the passphrase needs at least {SHORTEST_PASSPHRASE} characters")
    strongest = b""
    for _ in range(_MOST_TRIES):
        sealed: bytes = passphrase.encrypt(content, secret)
        strongest = max(strongest, sealed, key=work_of)
        if work_of(strongest) >= ENOUGH_WORK:
            break
    return strongest


def work_of(sealed: bytes) -> int:
    """log₂ of scrypt's cost, as the header of a file under a passphrase says (`-> scrypt SALT 18`); 0 without one."""
    stanza = sealed.split(b"\n", 2)[1:2]
    words = stanza[0].split() if stanza else []
    return int(words[3]) if words[:2] == [b"->", b"scrypt"] and len(words) == 4 and words[3].isdigit() else 0  # noqa: PLR2004


def open_with_passphrase(content: bytes, secret: str, *, what: str) -> bytes:
    """Open an age file.

    The library measures this computer before it starts, and gives up a file whose passphrase costs far more time than
    it measured. A computer that is busy for a moment looks slow, so it is measured again.

    Raises:
        RefusedError: The passphrase does not open it, or it is not an age file.
        UnavailableError: This computer is too slow, or too busy, to try the passphrase.
    """
    for _ in range(_MOST_TRIES):
        try:
            opened: bytes = passphrase.decrypt(content, secret)
        except DecryptError as error:
            if not str(error).startswith(_TOO_MUCH_WORK):
                raise RefusedError(f"{what}: the passphrase does not open it", at=what) from None
        else:
            return opened
    raise UnavailableError(
        f"{what}: this computer is too slow or too busy to try the passphrase",
        at=what,
        hint="try again when it has less to do; or on the computer on which the file was made",
    )


def seal_for(content: bytes, recipient: str) -> bytes:
    """An age file that only the recipient's identity opens.

    Raises:
        MalformedError: Not an age recipient.
    """
    try:
        sealed: bytes = encrypt(content, [x25519.Recipient.from_str(recipient)])
    except RecipientError:
        raise MalformedError(f"{recipient[:20]!r} is not an age recipient (age1…)") from None
    return sealed


def open_for(content: bytes, identity: str, *, what: str) -> bytes:
    """Open a delivery with an age identity.

    Raises:
        RefusedError: It is for somebody else, or not an age file.
    """
    try:
        opened: bytes = decrypt(content, [x25519.Identity.from_str(identity)])
    except (DecryptError, IdentityError):
        raise RefusedError(f"{what}: this identity does not open it", at=what) from None
    return opened


def new_identity() -> tuple[str, str]:
    """A fresh age identity: (the secret identity, the recipient that others seal to)."""
    identity = x25519.Identity.generate()
    return str(identity), str(identity.to_public())
