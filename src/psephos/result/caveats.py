"""What must be said wherever a result is shown, in the reader's language; its kind and values are the verifier's."""

from __future__ import annotations

from collections.abc import Iterable

from psephos.ports import UnixSeconds
from psephos.referendum.rule_file import Result
from psephos.result.language import Language
from psephos.result.wording import apart
from psephos.verify.report import Caveat

_TIMES = {"moved", "defined"}
_NUMBERS = {"number", "question"}


def in_words(caveats: Iterable[Caveat], language: Language) -> list[str]:
    """Caveats in a language. What organisers or a program wrote stands in it as they wrote it."""
    return [
        language.say(
            f"verifier.{one.kind}", **{name: _value(name, value, language) for name, value in one.values.items()}
        )
        for one in caveats
    ]


def titles_of(language: Language, checks: Iterable[str]) -> dict[str, str]:
    """What each check is about, in words."""
    return {check: language.phrases[f"verifier.check_{check.lower()}"] for check in checks}


def _value(name: str, value: str | int, language: Language) -> str:
    if name in _NUMBERS:
        return language.number(int(value))
    if name in _TIMES:
        return language.time(UnixSeconds(int(value)))
    if name == "when":
        return language.say(f"verifier.{value}")
    if name == "result":
        return language.words.results[Result(str(value))]
    return apart(str(value))
