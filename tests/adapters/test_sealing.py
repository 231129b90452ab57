"""Sealed files on a computer that is busy."""

from __future__ import annotations

import pytest
from pyrage import DecryptError

from psephos.adapters import sealing
from psephos.errors import RefusedError, UnavailableError


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
