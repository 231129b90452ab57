"""Letters: what a voter reads and a camera sees, and what everybody sees on the outside."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from psephos.protocol.credentials import generate, read_typed, with_check
from psephos.record.charter import RegistrarKey, fingerprint, read_charter
from psephos.record.delivery import Delivery
from psephos.result.language import LANGUAGES
from psephos.result.letters import PAPER, Layout, Setting, hidden_words, letters, outside_of, sizes_of, tells
from tests.result.paper import HEIGHT, codes_on, dark_on, opened, seen_on, text_on
from tests.result.words import language, plain
from tests.support.logged import board_terms
from tests.support.referendum import make_charter
from tests.support.world import randomness

ADDRESSES = ("https://booth.example/2026/", "https://mirror.example/", "http://" + "a2b3c4d5" * 7 + ".onion/")
PERSIAN = "خیابان آزادی، شمارهٔ ۱۲، تهران"
LONGEST = "Association of Independent Registrars for Citizens Abroad and for Everybody in Remote Districts"


@cache
def all_hidden() -> frozenset[str]:
    """Words that tell, in all languages."""
    return hidden_words([language(code, PAPER) for code in LANGUAGES])


def charter(**changes: Any) -> bytes:
    """A charter with a board."""
    return make_charter(board=board_terms(), size=3, threshold=2, **changes)


def two_registrars() -> tuple[RegistrarKey, ...]:
    """Both of them."""
    key = read_charter(charter()).registrars[0].key
    return RegistrarKey(name="Registrar 1", key=key), RegistrarKey(name=LONGEST, key=key)


def deliveries(received: bytes, *addresses: str, part: str = "1 of 1") -> list[Delivery]:
    """Lines of a delivery."""
    rng, read = randomness(3), read_charter(received)
    return [
        Delivery(
            id=f"Voter {number}",
            address=address,
            credential=with_check(generate(rng)),
            part=part,  # type: ignore[arg-type]
            title=read.title,
            election=read.uuid,
            charter=fingerprint(received),
        )
        for number, address in enumerate(addresses, start=1)
    ]


def setting(received: bytes, *codes: str, **changes: Any) -> Setting:
    """What all letters have in common."""
    return Setting(
        received=received,
        addresses=changes.pop("addresses", ADDRESSES),
        languages=[language(code, PAPER) for code in codes or ("en",)],
        hidden=all_hidden(),
        **changes,
    )


def unspaced(text: str) -> str:
    """Without blanks."""
    return "".join(text.split())


def paper(chosen: Setting, lines: list[Delivery], *, first: int = 1) -> bytes:
    """The letters, as a printer gets them."""
    return letters(chosen, lines, first=first, sizes=sizes_of(chosen, lines[0], last=first + len(lines) - 1))


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("scratch", [False, True])
def test_letter_in_every_language_and_layout_is_whole(code: str, layout: Layout, *, scratch: bool) -> None:
    """A credential with its check characters, once as text and once as a code; the fingerprint; every address."""
    received = charter()
    lines = deliveries(received, "1 High Street, Springfield", PERSIAN)
    chosen = setting(received, code, layout=layout, scratch=scratch, contact=["+44 20 7946 0000", "help@booth.example"])
    with opened(paper(chosen, lines)) as pages:
        assert len(pages) == chosen.pages * len(lines) == 2 * len(lines)
        for number, line in enumerate(lines):
            mine = pages[2 * number : 2 * number + 2]
            text = "\n".join(map(seen_on, mine))
            assert text.count(unspaced(line.credential)) == 1
            assert set.union(*map(codes_on, mine)) == {line.credential, ADDRESSES[0]}
            shown = unspaced(fingerprint(received))
            assert shown[:32] in text
            assert shown[32:] in text
            for address in ADDRESSES:
                assert address in text
            assert not any(unspaced(other.credential) in text for other in lines if other is not line)
            assert read_typed(next(found for found in codes_on(mine[1]) if " " in found)) == line.credential[:25]


@pytest.mark.parametrize("code", LANGUAGES)
def test_letter_and_booth_use_the_same_words(code: str) -> None:
    """A voter finds the words of her letter on the page."""
    page = (Path(__file__).parents[2] / "booth" / "src" / "text" / f"{code}.ts").read_text(encoding="utf-8")
    phrases = language(code, PAPER).phrases
    for name in ("real", "credential", "again"):
        assert f'"{phrases[f"letter.{name}"]}"' in page, name


@pytest.mark.parametrize("layout", Layout)
def test_outside_shows_the_address_and_nothing_else(layout: Layout) -> None:
    """On the outside of a folded sheet, or above the first fold: no word of ours, no code, no credential."""
    received = charter()
    with opened(paper(setting(received, layout=layout), deliveries(received, "1 High Street, Springfield"))) as pages:
        seen = [(pages[0], HEIGHT)] if layout is Layout.FOLDED else [(page, 99) for page in pages]
        for page, bottom in seen:
            assert plain(text_on(page, bottom=bottom)) == "1HighStreetSpringfield"
            assert dark_on(page, left=10, top=0, right=210, bottom=50) == 0
            assert dark_on(page, left=105, top=0, right=210, bottom=98) == 0


@pytest.mark.parametrize(
    "text",
    ["Voter 17", "the BALLOT, office", "ناظر رأی‌گیری", "رأی", "مركز الاقتراع", "ناوەندی دەنگدان", "Bureau de vote 3"],
)
def test_word_of_voting_never_stands_outside(text: str) -> None:
    """In whatever language and case: the letter's number stands there instead."""
    received = charter()
    (line,) = deliveries(received, text)
    assert tells(text, all_hidden())
    assert outside_of(line, 4711, hidden=all_hidden()) == ["4711"]
    with opened(paper(setting(received), [line], first=4711)) as pages:
        assert plain(text_on(pages[0])) == "4711"


@pytest.mark.parametrize("text", ["12 Pivotal Road", "Devoted Lane 3", "12 rue Voltaire, Paris", PERSIAN, "Member 17"])
def test_other_words_stand_outside(text: str) -> None:
    """Only whole words tell."""
    (line,) = deliveries(charter(), text)
    assert "".join(map(plain, outside_of(line, 4711, hidden=all_hidden()))) == plain(text)


def test_no_sentence_of_ours_on_the_visible_part() -> None:
    """None of the words of any language's letter is on the outside."""
    received = charter(title="همه‌پرسی پل · Referendum on the bridge")
    for code in LANGUAGES:
        with opened(paper(setting(received, code), deliveries(received, "1 High Street"))) as pages:
            visible = text_on(pages[0])
            assert not tells(visible, all_hidden())
            assert seen_on(pages[0]) == "1HighStreet"


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize(("part", "theirs"), [("1 of 2", LONGEST), ("2 of 2", "Registrar 1")])
@pytest.mark.parametrize("layout", Layout)
def test_half_says_where_the_other_half_comes_from(code: str, part: str, theirs: str, layout: Layout) -> None:
    """A letter with half a credential names the other registrar, and still fits on its page."""
    received = charter(
        registrars=two_registrars(), kind="rehearsal", title="عنوان بلند همه‌پرسی · " + "A long title " * 5
    )
    chosen = setting(received, code, layout=layout, scratch=True, contact=["+44 20 7946 0000"] * 4)
    with opened(paper(chosen, deliveries(received, PERSIAN, part=part))) as pages:
        assert len(pages) == 2
        found = set(re.findall(r"\w+", "".join(map(text_on, pages))))
        assert set(theirs.split()) <= found
        assert {"Registrar", "Association"} <= found


def test_further_languages_have_no_credential() -> None:
    """It stands in one place; each language has a sheet of its own."""
    received = charter()
    (line,) = deliveries(received, PERSIAN)
    for layout, expected in ((Layout.FOLDED, 6), (Layout.TWO_PAGE, 4)):
        chosen = setting(received, "fa", "en", "ckb", layout=layout)
        assert chosen.pages == expected
        with opened(paper(chosen, [line])) as pages:
            assert len(pages) == expected
            assert sum(unspaced(line.credential) in seen_on(page) for page in pages) == 1
            assert sum(line.credential in codes_on(page) for page in pages) == 1


def test_guide_of_two_pages_has_no_secret() -> None:
    """The first sheet may be lost; both have the same number."""
    received = charter()
    (line,) = deliveries(received, "1 High Street")
    with opened(paper(setting(received, layout=Layout.TWO_PAGE), [line], first=88)) as pages:
        assert unspaced(line.credential) not in seen_on(pages[0])
        assert codes_on(pages[0]) == {ADDRESSES[0]}
        assert codes_on(pages[1]) == {line.credential}
        assert all("No. 88" in plain_isolates(text_on(page)) for page in pages)


def plain_isolates(text: str) -> str:
    """Without marks of direction."""
    return re.sub("[\u2066-\u2069]", "", text)


@pytest.mark.parametrize(("layout", "page", "top"), [(Layout.FOLDED, 1, 42), (Layout.TWO_PAGE, 1, 132)])
@pytest.mark.parametrize("code", ["en", "fa"])
def test_scratch_field_is_where_printers_cover_it(layout: Layout, page: int, top: float, code: str) -> None:
    """Everything secret is within 174 x 36 mm at a fixed place, and nothing else is."""
    received = charter()
    (line,) = deliveries(received, PERSIAN)
    chosen = setting(received, code, layout=layout, scratch=True)
    with opened(paper(chosen, [line])) as pages:
        assert seen_on(pages[page], top=top, bottom=top + 36) == unspaced(line.credential)
        assert dark_on(pages[page], left=0, top=top - 1, right=17, bottom=top + 37) == 0
        assert unspaced(line.credential) not in seen_on(pages[page], bottom=top) + seen_on(pages[page], top=top + 36)


def test_nothing_in_a_letter_is_read_as_markup() -> None:
    """An address, a name or a title that looks like a template's commands stands there as it is."""
    nasty = '#panic("x") $x$ *b* _i_ @ref <l> \\ `r` {title} = h'
    received = charter(title=nasty, registrars=(RegistrarKey(name=nasty, key=two_registrars()[0].key),))
    with opened(paper(setting(received, contact=[nasty]), deliveries(received, nasty))) as pages:
        assert plain(nasty) in plain(text_on(pages[0]))
        assert plain(text_on(pages[1])).count(plain(nasty)) == 3


def test_same_letters_are_the_same_bytes() -> None:
    """Made again, after an interruption or on another day."""
    received = charter()
    lines = deliveries(received, PERSIAN, "1 High Street")
    assert paper(setting(received, "fa"), lines) == paper(setting(received, "fa"), lines)


def test_letter_says_nothing_of_when_or_where_it_was_made() -> None:
    """No time and no path in the file."""
    received = charter()
    content = paper(setting(received), deliveries(received, "1 High Street"))
    assert b"CreationDate" not in content
    assert b"/tmp" not in content
    assert b"/home" not in content
