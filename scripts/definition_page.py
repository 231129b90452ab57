"""The reference page about definitions, written from the types that read them and from their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

import msgspec

from psephos.protocol.encoding import Digest
from psephos.referendum.definition import Definition
from psephos.referendum.definition_texts import Language
from psephos.referendum.lint import REVIEWERS
from psephos.referendum.lint_page import LINT_RULES
from psephos.referendum.moments import Day, Moment
from psephos.referendum.rule_file import RuleMessage


def table(*rows: tuple[str, ...]) -> Iterator[str]:
    """A Markdown table; the first row is the head."""
    for number, row in enumerate(rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
        if number == 0:
            yield "|" + "---|" * len(row)
    yield ""


def parts_of(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """A message and those inside it, each once, in the order in which its fields name them."""
    seen: list[type[msgspec.Struct]] = [kind]
    for one in seen:
        for field in msgspec.structs.fields(one):
            seen += [found for found in structs_in(field.type) if found not in seen and found is not RuleMessage]
    return iter(seen)


def structs_in(annotation: object) -> list[type[msgspec.Struct]]:
    """The messages that a type names."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return [annotation]
    return [found for inner in get_args(annotation) for found in structs_in(inner)]


def shown_type(annotation: object) -> str:
    """A type in words."""
    origin = get_origin(annotation)
    if found := structs_in(annotation):
        link = (
            "[a rule](rules.md)" if found[0] is RuleMessage else f"[{found[0].__name__}](#{found[0].__name__.lower()})"
        )
        return f"list of {link}" if "tuple" in str(annotation) else link
    if origin is Annotated:
        inner, *metas = get_args(annotation)
        patterns = [meta.pattern for meta in metas if isinstance(meta, msgspec.Meta)]
        return next((NAMED[pattern] for pattern in patterns if pattern in NAMED), "") or shown_type(inner)
    made = {
        Literal: lambda *values: " or ".join(f"`{value}`" if value else "nothing" for value in values),
        dict: lambda *_: "text for each language",
        tuple: lambda item, *_: f"list of: {shown_type(item)}",
        Union: lambda *kinds: next(shown_type(kind) for kind in kinds if kind is not type(None)),
        UnionType: lambda *kinds: next(shown_type(kind) for kind in kinds if kind is not type(None)),
    }
    plain = {str: "text", int: "whole number", bool: "`true` or `false`"}
    return made[origin](*get_args(annotation)) if origin in made else plain[annotation]


NAMED = {
    get_args(kind)[1].pattern: name
    for kind, name in ((Moment, "moment"), (Day, "day"), (Language, "language"), (Digest, "SHA-256"))
}


def meanings(kind: type[msgspec.Struct]) -> dict[str, str]:
    """What the docstring says of each field."""
    text = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
    lines = re.sub(r"\n {8,}", " ", text)
    return {
        name.strip(): meaning.strip()
        for names, meaning in re.findall(r"^ {4}([\w, ]+): (.*)$", lines, re.MULTILINE)
        for name in names.split(",")
    }


def definition_page() -> Iterator[str]:
    """Every field of a definition."""
    yield "One TOML file, in which organisers fix everything before the vote; what is signed is its canonical JSON."
    yield "[How to define a referendum](../how-to/define.md) goes through it;"
    yield "[what the linter checks](lint.md) says what each part needs."
    yield "The JSON Schema is [definition.schema.json](definition.schema.json)."
    yield ""
    yield "A *moment* is a date and time with its offset, such as `2026-05-01T08:00:00+03:30`; a *day* is `2026-05-01`."
    yield 'A *text for each language* is a table such as `{ en = "Yes", fa = "آری" }`.'
    yield "A field without *needed* may be left out; whether good practice asks for it, the linter says."
    yield ""
    for kind in parts_of(Definition):
        said = meanings(kind)
        yield f"## {kind.__name__}"
        yield ""
        yield (inspect.getdoc(kind) or "").partition("\n")[0]
        yield ""
        rows = [
            (
                f"`{field.encode_name}`",
                shown_type(field.type),
                "needed" if field.required else "",
                said.get(field.name, ""),
            )
            for field in msgspec.structs.fields(kind)
        ]
        yield from table(("field", "is", "", "meaning"), *rows)


# ── the linter ──────────────────────────────────────────────────────────────────────────────────────────────────

SOURCES = (
    ("VC-REF", "Venice Commission, Revised Code of Good Practice on Referendums, CDL-AD(2022)015"),
    ("CDL-AD(2005)034", "Venice Commission, Referendums in Europe"),
    (
        "REC5",
        "Council of Europe, Recommendation CM/Rec(2017)5 on standards for e-voting, by the number of the standard",
    ),
    ("DoP", "Declaration of Principles for International Election Observation, 2005, by paragraph"),
    ("practice", "a lesson of a referendum of the past, or a completeness that follows from the rule's own words"),
)

SEVERITIES = (
    ("E", "refuses to publish"),
    ("W", "needs a justification in `justifications`, which becomes part of the record"),
    (
        "H",
        f"for people to read: the answers of {REVIEWERS} different reviewers, in `reviews`, become part of the record",
    ),
)


def lint_page() -> Iterator[str]:
    """Every rule of the linter."""
    yield "`psephos auditor lint FILE` runs these rules on a [definition](definition.md)."
    yield "A definition has no grade: every finding is listed with what became of it."
    yield ""
    yield from table(("severity", "meaning"), *SEVERITIES)
    yield "A rule with W + H is checked by a heuristic, and read by people in any case."
    yield ""
    yield "*Urgent*: in an urgent referendum, E drops to W, because the rule needs days or outside bodies."
    yield "Of Q10, only what needs translators drops."
    yield "*Firm*: the rule never drops."
    yield "In a rehearsal, only E of firm rules refuses; everything else is noted, and nothing has to be justified."
    yield "*House*: a number in the rule is this project's own, and stands in no standard."
    yield ""
    rows = []
    for rule in LINT_RULES:
        marks = [("urgent", rule.urgent), ("firm", rule.firm), ("house", rule.house)]
        severity = f"{rule.severity} + H" if rule.human else rule.severity.value
        rows.append(
            (
                rule.id,
                rule.text,
                severity,
                ", ".join(name for name, there in marks if there),
                rule.clause,
                rule.remedy,
            )
        )
    yield from table(("rule", "what must hold", "severity", "", "clause", "what to do"), *rows)
    yield "The clauses are cited from:"
    yield ""
    yield from table(("short name", "document"), *SOURCES)
    yield "Their numbering is to be compared with the documents before it is quoted elsewhere."
    yield ""
    yield "## What a heuristic can and cannot do"
    yield ""
    yield "Q03, Q04, Q05 and Q06 look for words of a list, one list for each language, in `psephos/referendum/data`."
    yield "Each list says where it comes from."
    yield "A list finds words and no meanings: a text without any of them can be loaded, and a finding can be harmless."
    yield "A language without a list is a finding of Q05."
    yield ""
    yield "LIX is a reading index (Björnsson 1968): the number of words in a sentence, and how many words in a hundred"
    yield "have more than six letters."
    yield "It was made for Swedish, and its values in other languages are not comparable between languages."
