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
    yield "[How to define a referendum](../how-to/define.md) goes through it."
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
