"""The published schemas accept what the readers accept, and refuse what is outside the grammar."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from psephos.adapters.package_data import read_data
from psephos.errors import PsephosError
from psephos.protocol.encoding import write_json
from psephos.referendum.handwritten import read_handwritten
from psephos.referendum.rule_file import read_rule, write_rule
from psephos.referendum.schema import (
    addendum_schema,
    definition_schema,
    figures_schema,
    irregularities_schema,
    rule_schema,
)
from tests.referendum.test_rule import READY_FILES
from tests.support.rules import YES_OVER_NO, cases, conditions

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
RULE = Draft202012Validator(rule_schema())
FIGURES = Draft202012Validator(figures_schema())
SCHEMAS = {"rule": RULE, "figures": FIGURES, "irregularities": Draft202012Validator(irregularities_schema())}
ALL = {
    **SCHEMAS,
    "definition": Draft202012Validator(definition_schema()),
    "addendum": Draft202012Validator(addendum_schema()),
}


def rule_data(**parts: Any) -> dict[str, Any]:
    """A rule's file."""
    return {"format": "psephos/rule/1", "name": "A rule", **parts}


@pytest.mark.parametrize(
    "schema", [rule_schema(), figures_schema(), irregularities_schema()], ids=lambda one: one["title"]
)
def test_schema_is_a_schema(schema: dict[str, Any]) -> None:
    """It follows the draft that it names, and every reference leads somewhere."""
    Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    assert "\\\\Z" not in text
    for name in {part.split('"', 1)[0] for part in text.split('"#/$defs/')[1:]}:
        assert name in schema["$defs"]


def test_cases_of_the_past_follow_the_schemas() -> None:
    """Rules as files have them, and as the program writes them out."""
    for one, raw in zip(cases(), read_data("history"), strict=True):
        assert list(RULE.iter_errors(raw["rule"])) == []
        assert list(RULE.iter_errors(write_rule(one.rule))) == []
        assert list(FIGURES.iter_errors(raw["figures"])) == []


@pytest.mark.parametrize("name", READY_FILES)
def test_ready_made_rules_follow_the_schema(name: str) -> None:
    """Each with its own parameters only."""
    parameters, _ = READY_FILES[name]
    data = rule_data(ready={"rule": name, **parameters})
    assert RULE.is_valid(data)
    assert not RULE.is_valid(rule_data(ready={"rule": name, **parameters, "more": "1"}))
    for missing in parameters.keys() - {"class", "weight"}:
        rest = {key: value for key, value in parameters.items() if key != missing}
        assert not RULE.is_valid(rule_data(ready={"rule": name, **rest}))


@given(conditions())
def test_condition_of_the_grammar_follows_the_schema(raw: dict[str, Any]) -> None:
    """Whatever the reader accepts."""
    assert RULE.is_valid(rule_data(passes=raw))


@pytest.mark.parametrize(
    "condition",
    [
        {"gt": ["yes", "no"], "ge": ["yes", "no"]},
        {"eq": ["yes", "no"]},
        {"gt": ["yes"]},
        {"gt": ["yes", "nay"]},
        {"gt": ["yes", 5]},
        {"ge": ["yes", {"mul": ["0.5", "eligible"]}]},
        {"ge": ["yes", {"mul": ["eligible", "1/2"]}]},
        {"all": []},
        {"gt": [{"regions": {"where": {"gt": [{"regions": {}}, "1"]}}}, "1"]},
        {"gt": [{"regions": {"wehre": YES_OVER_NO}}, "1"]},
        [],
    ],
)
def test_condition_outside_the_grammar_follows_neither(condition: object) -> None:
    """Schema and reader refuse the same."""
    assert not RULE.is_valid(rule_data(passes=condition))
    with pytest.raises(PsephosError):
        read_rule(write_json(rule_data(passes=condition)))


def test_examples_of_the_reference_follow_the_schemas() -> None:
    """What a stranger copies from the page is right."""
    page = (REFERENCE / "rules.md").read_text(encoding="utf-8")
    examples = [part.split("```", 1)[0] for part in page.split("```toml\n")[1:]]
    seen = set()
    for text in examples:
        data = tomllib.loads(text)
        kind = data["format"].split("/")[1]
        seen.add(kind)
        assert list(SCHEMAS[kind].iter_errors(read_handwritten(text.encode(), what=kind))) == []
    assert seen == set(SCHEMAS)
