"""The shared vectors about what voters are shown of a definition."""

from tests.support.shown import FILE, write


def test_file_is_what_its_program_writes() -> None:
    """Nobody has changed it by hand, and no word of a rule has changed without it."""
    assert FILE.read_bytes() == write()
