"""Sealed files on a computer that is busy."""

from __future__ import annotations

import pytest
from pyrage import DecryptError

from psephos.adapters import sealing
from psephos.errors import MalformedError, RefusedError, UnavailableError


class _Library:
    """Gives up a file so many times, because the computer seems too slow; then opens it or does not."""

    def __init__(self, busy: int, *, wrong: bool = False) -> None:
        self.tries, self._busy, self._wrong = 0, busy, wrong

    def decrypt(self, content: bytes, secret: str) -> bytes:
        """As the library's."""
        self.tries += 1
        if self.tries <= self._busy:
            raise DecryptError("Excessive work parameter for passphrase.\nDecryption would take around 20 seconds.")
        if self._wrong:
            raise DecryptError("Decryption failed")
        return content + secret.encode()


@pytest.mark.parametrize("busy", [0, 1, 7])
def test_busy_computer_is_measured_again(monkeypatch: pytest.MonkeyPatch, busy: int) -> None:
    """A file that was given up is opened once the computer has time."""
    library = _Library(busy)
    monkeypatch.setattr(sealing, "passphrase", library)
    assert sealing.open_with_passphrase(b"file ", "secret", what="key") == b"file secret"
    assert library.tries == busy + 1


def test_wrong_passphrase_is_tried_once_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """No patience where it helps nothing."""
    library = _Library(0, wrong=True)
    monkeypatch.setattr(sealing, "passphrase", library)
    with pytest.raises(RefusedError, match="the passphrase does not open it"):
        sealing.open_with_passphrase(b"file", "secret", what="key")
    assert library.tries == 1


def test_computer_that_stays_busy_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told that her passphrase is wrong when it was never tried."""
    monkeypatch.setattr(sealing, "passphrase", _Library(100))
    with pytest.raises(UnavailableError, match="too slow or too busy"):
        sealing.open_with_passphrase(b"file", "secret", what="key")


def test_sealed_file_is_opened_by_the_library() -> None:
    """With age itself."""
    sealed = sealing.seal_with_passphrase(b"content", "a long passphrase")
    assert sealing.open_with_passphrase(sealed, "a long passphrase", what="key") == b"content"


def test_file_that_takes_too_much_work_could_not_be_opened() -> None:
    """The library's own words, not those of this test, mean that the passphrase was not tried."""
    stanza = b"-> scrypt c2FsdHNhbHRzYWx0c2FsdA 30\n" + b"A" * 43 + b"\n"
    received = b"age-encryption.org/v1\n" + stanza + b"--- " + b"A" * 43 + b"\n" + bytes(40)
    with pytest.raises(UnavailableError, match="too slow or too busy") as caught:
        sealing.open_with_passphrase(received, "a long passphrase", what="key")
    assert (caught.value.code, caught.value.at) == ("unavailable", "key")


@pytest.mark.parametrize(
    ("offered", "taken", "tries"),
    [([18], 18, 1), ([12, 15, 17, 20], 17, 3), ([12, 15, 13, 14, 11, 12, 13, 14, 20], 15, 8), ([0] * 8, 0, 8)],
)
def test_busy_computer_seals_with_the_most_work_of_several_tries(
    monkeypatch: pytest.MonkeyPatch, offered: list[int], taken: int, tries: int
) -> None:
    """The first that is enough is taken; else the strongest of eight."""
    left = list(offered)

    def encrypt(content: bytes, secret: str) -> bytes:
        del content, secret
        return b"age-encryption.org/v1\n-> scrypt c2FsdHNhbHRzYWx0c2FsdA %d\n" % left.pop(0)

    monkeypatch.setattr(sealing.passphrase, "encrypt", encrypt)
    assert sealing.work_of(sealing.seal_with_passphrase(b"key", "a long passphrase")) == taken
    assert len(offered) - len(left) == tries


@pytest.mark.parametrize(
    "header", [b"", b"\n", b"age\n-> X25519 abc\n", b"age\n-> scrypt a b\n", b"age\n-> scrypt a\n"]
)
def test_file_without_scrypt_has_no_work(header: bytes) -> None:
    """Other files, cut ones and wrong ones."""
    assert sealing.work_of(header) == 0


def test_delivery_opens_with_its_recipients_identity_only() -> None:
    """Another identity, another text, and something that is no recipient are refused."""
    (identity, recipient), (other, _) = sealing.new_identity(), sealing.new_identity()
    sealed = sealing.seal_for(b"letters", recipient)
    assert sealing.open_for(sealed, identity, what="delivery") == b"letters"
    for content, wrong in (
        (sealed, other),
        (sealed[:-1], identity),
        (b"letters", identity),
        (sealed, "AGE-SECRET-KEY-1"),
    ):
        with pytest.raises(RefusedError, match="this identity does not open it"):
            sealing.open_for(content, wrong, what="delivery")
    with pytest.raises(MalformedError, match="age recipient"):
        sealing.seal_for(b"letters", "age1nobody")
