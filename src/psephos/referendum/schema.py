"""JSON Schemas of the files that people write: made from the types that read them, with the grammar added.

A schema says less than the reader: that sums add up, and that what a rule names is there, only the reader checks.
"""

from __future__ import annotations

from typing import Any

import msgspec

from psephos.referendum.addenda import Addendum
from psephos.referendum.definition import Definition
from psephos.referendum.figures import FiguresMessage
from psephos.referendum.handwritten import FRACTION
from psephos.referendum.irregular import IrregularitiesMessage
from psephos.referendum.ready import READY
from psephos.referendum.rule import Operator, Total
from psephos.referendum.rule_file import RuleMessage

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _only(name: str, inner: dict[str, Any]) -> dict[str, Any]:
    """An object with one field."""
    return {"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": False}


def _list(item: dict[str, Any], exactly: int = 0) -> dict[str, Any]:
    sized = {"minItems": exactly, "maxItems": exactly} if exactly else {"minItems": 1}
    return {"type": "array", "items": item, **sized}


def _pair(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "prefixItems": [first, second], "minItems": 2, "maxItems": 2}


def _grammar(condition: str, quantity: str, *, regions: bool) -> dict[str, Any]:
    """Conditions and quantities: for the country, or for what is asked of single regions."""
    quantities = [
        {"enum": [total.value for total in Total]},
        _reference("fraction"),
        _only("mul", _pair(_reference("fraction"), _reference(quantity))),
        _only("add", _list(_reference(quantity))),
    ]
    return {
        condition: {
            "anyOf": [
                _only("all", _list(_reference(condition))),
                _only("any", _list(_reference(condition))),
                _only("not", _reference(condition)),
                *(_only(operator.value, _list(_reference(quantity), 2)) for operator in Operator),
            ]
        },
        quantity: {"anyOf": [*quantities, *([_only("regions", _reference("regions"))] if regions else [])]},
    }


_REGIONS = {
    "type": "object",
    "properties": {
        "where": _reference("condition_in_region"),
        "weight": {"type": "boolean"},
        "class": {"type": "string"},
    },
    "additionalProperties": False,
}

_PARAMETERS: dict[str, dict[str, Any]] = {
    "share": _reference("fraction"),
    "regions": _reference("fraction"),
    "of": {"enum": ["valid", "ballots", "voters", "registered", "eligible"]},
    "compare": {"enum": [operator.value for operator in Operator]},
    "class": {"type": "string"},
    "weight": {"type": "boolean"},
}


def grammar_definitions() -> dict[str, Any]:
    """The grammar of conditions, and the ready-made rules, as definitions of a schema."""
    ready = [
        {
            "type": "object",
            "description": rule.words,
            "properties": {
                "rule": {"const": rule.name},
                **{name: _PARAMETERS[name] for name in (*rule.needs, *rule.may)},
            },
            "required": ["rule", *rule.needs],
            "additionalProperties": False,
        }
        for rule in READY.values()
    ]
    return {
        "fraction": {"type": "string", "pattern": FRACTION},
        **_grammar("condition", "quantity", regions=True),
        **_grammar("condition_in_region", "quantity_in_region", regions=False),
        "regions": _REGIONS,
        "ready": {"anyOf": ready},
    }


def _schema(kind: type[msgspec.Struct], title: str) -> dict[str, Any]:
    made = msgspec.json.schema(kind, ref_template="#/$defs/{name}")
    return {"$schema": _DRAFT, "title": title, **_portable(made)}


def _portable(schema: Any) -> Any:
    """The same schema, whose patterns end with `$` as in other languages."""
    if isinstance(schema, dict):
        return {
            name: value.replace("\\Z", "$") if name == "pattern" and isinstance(value, str) else _portable(value)
            for name, value in schema.items()
        }
    return [_portable(inner) for inner in schema] if isinstance(schema, list) else schema


def rule_schema() -> dict[str, Any]:
    """Of rules."""
    schema = _schema(RuleMessage, "A rule of Psephos")
    with_grammar(schema["$defs"])
    return schema


def with_grammar(definitions: dict[str, Any]) -> None:
    """Put the grammar in the place of what the types leave open."""
    properties = definitions["RuleMessage"]["properties"]
    for name in ("binding", "passes", "fails"):
        properties[name] = _reference("condition")
    properties["ready"] = _reference("ready")
    properties["weights_add_up_to"] = _reference("fraction")
    definitions["RegionMessage"]["properties"]["weight"] = {**_reference("fraction"), "default": "1"}
    definitions.update(grammar_definitions())


def definition_schema() -> dict[str, Any]:
    """Of definitions, as organisers write them."""
    schema = _schema(Definition, "A referendum's definition, for Psephos")
    with_grammar(schema["$defs"])
    return schema


def addendum_schema() -> dict[str, Any]:
    """Of addenda."""
    return _schema(Addendum, "An addendum to a definition of Psephos")


def figures_schema() -> dict[str, Any]:
    """Of figures."""
    return _schema(FiguresMessage, "Figures of Psephos")


def irregularities_schema() -> dict[str, Any]:
    """Of lists of irregularities."""
    return _schema(IrregularitiesMessage, "Irregularities, for Psephos")
