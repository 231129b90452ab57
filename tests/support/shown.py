"""What voters are shown of a definition: cases for every implementation.

python -m tests.support.shown           writes vectors/outcomes/definitions.json
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec

from psephos.adapters.package_data import read_data
from psephos.referendum.definition import Definition, Kind, fingerprint, in_every_language, rule_of, write_definition
from psephos.referendum.definition_texts import Answer, Document, Effect, Information, Question, SideText
from psephos.referendum.rule_file import RuleMessage, rule_from
from psephos.referendum.words import read_words, rule_in_words
from tests.support.defined import definition

FILE = Path(__file__).parents[2] / "vectors" / "outcomes" / "definitions.json"
LANGUAGES = ("ar", "ckb", "en", "fa", "fr")
WORDS = {language: read_words(read_data(f"words.{language}")) for language in LANGUAGES}
RULES: tuple[dict[str, Any], ...] = (
    {"passes": {"gt": ["yes", "no"]}, "tie": "fails"},
    {"passes": {"all": [{"gt": ["yes", "no"]}, {"ge": ["yes", {"mul": ["1/4", "eligible"]}]}]}},
    {"fails": {"any": [{"ge": ["no", "yes"]}, {"not": {"ge": ["ballots", {"mul": ["2/4", "registered"]}]}}]}},
    {"passes": {"gt": ["yes", {"mul": ["2/3", "valid"]}]}, "fails": {"gt": ["no", "yes"]}, "valid": ["yes", "no"]},
    {
        "binding": {"ge": ["voters", "1234567"]},
        "passes": {"all": [{"ge": ["yes", "5/2"]}]},
        "valid": ["yes", "no", "blank"],
    },
    {"passes": {"gt": ["yes", {"add": ["no", "blank", "invalid"]}]}, "tie": "inconclusive"},
    {"passes": {"ge": ["yes", "no"]}, "tie": "passes"},
    {
        "passes": {
            "all": [
                {"gt": ["yes", "no"]},
                {"gt": [{"regions": {"where": {"gt": ["yes", "no"]}, "weight": True, "class": "canton"}}, "23/2"]},
                {"ge": [{"regions": {"where": {"gt": ["yes", "no"]}}}, {"mul": ["1/3", {"regions": {}}]}]},
            ]
        },
        "regions": [{"id": "North", "weight": "1/2", "class": "canton"}, {"id": "South", "class": "canton"}],
    },
)


def defined(kind: Kind = "rehearsal") -> Definition:
    """A definition in three languages, with everything that voters are shown."""
    answers = (
        Answer("yes", {"fa": "آری", "en": "Yes", "fr": "Oui"}),
        Answer("no", {"fa": "نه", "en": "No", "fr": "Non"}),
        Answer("blank", {"fa": "سفید", "en": "Blank", "fr": "Blanc"}),
    )
    question = Question(
        {"fa": "پلی تازه ساخته شود؟", "en": "Shall a bridge be built?", "fr": "Faut-il construire un pont ?"},
        answers,
        {"fa": "آری: ساخته می‌شود.\nنه: چیزی عوض نمی‌شود.", "en": "Yes: it is built.\nNo: nothing changes."},
    )
    sides = tuple(
        SideText(side, language, Document(f"{side}-{language}.pdf", f"{number:064x}", 9, f"https://a.example/{number}"))
        for number, (side, language) in enumerate((side, one) for side in ("yes", "no") for one in ("fa", "en"))
    )
    return definition(
        kind=kind,
        languages=("fa", "en", "fr"),
        title={"fa": "پل", "en": "The bridge", "fr": "Le pont"},
        questions=(question,),
        effect=Effect("binding", "the council"),
        information=Information(texts=sides, report=Document("report.pdf", f"{99:064x}")),
        rule=RuleMessage(format="psephos/rule/1", name="rule", **RULES[1]),
    )


def _shown(one: Definition) -> dict[str, Any]:
    """What voters are shown of it."""
    published = write_definition(one)
    documents = [
        {"of": text.side, "language": text.language, "name": text.document.name, "sha256": text.document.sha256}
        for text in one.information.texts
    ]
    report = one.information.report
    documents += [{"of": "report", "language": "", "name": report.name, "sha256": report.sha256}] if report else []
    return {
        "definition": b64encode(published).decode(),
        "fingerprint": fingerprint(published),
        "rehearsal": one.kind == "rehearsal",
        "title": in_every_language(one.title, one),
        "asked": [
            [in_every_language(texts, one) for texts in (question.text, *(answer.text for answer in question.answers))]
            for question in one.questions
        ],
        "explanations": [question.explanation for question in one.questions],
        "effect": msgspec.to_builtins(one.effect),
        "documents": documents,
        "rule": {language: rule_in_words(rule_of(one), words) for language, words in WORDS.items()},
    }


def write() -> bytes:
    """The file."""
    content = {
        "description": "What voters are shown of definitions, and rules in words.",
        "definitions": [_shown(one) for one in (definition(), definition(kind="statutory"), defined())],
        "rules": [_spoken(rule) for rule in RULES],
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _spoken(raw: dict[str, Any]) -> dict[str, Any]:
    rule = rule_from(msgspec.convert({"format": "psephos/rule/1", "name": "rule"} | raw, RuleMessage))
    return {"rule": raw, "words": {language: rule_in_words(rule, words) for language, words in WORDS.items()}}


if __name__ == "__main__":
    FILE.write_bytes(write())
