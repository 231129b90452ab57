"""Rules: the closed grammar, its places in errors, ready-made rules, the published schema."""

from typing import Any

import pytest
from hypothesis import given

from psephos.errors import MalformedError
from psephos.protocol.encoding import write_json
from psephos.referendum.handwritten import read_handwritten
from psephos.referendum.ready import READY
from psephos.referendum.rule import Direction, Total, read_condition, write_condition
from psephos.referendum.rule_file import read_rule, write_rule
from tests.support.rules import YES_OVER_NO, conditions, rule

REGIONS: dict[str, Any] = {"regions": {}}
NESTED: dict[str, Any] = YES_OVER_NO
for _ in range(12):
    NESTED = {"not": NESTED}


@given(conditions())
def test_condition_written_and_read_is_the_same(raw: dict[str, Any]) -> None:
    """Data and condition say the same thing."""
    condition = read_condition(raw, at="")
    assert read_condition(write_condition(condition), at="") == condition


@pytest.mark.parametrize(
    ("raw", "at"),
    [
        ({"gt": ["yes", "no"], "ge": ["yes", "no"]}, "/passes"),
        ({"eq": ["yes", "no"]}, "/passes/eq"),
        ({"gt": ["yes"]}, "/passes/gt"),
        ({"gt": ["yes", "nay"]}, "/passes/gt/1"),
        ({"gt": ["yes", 5]}, "/passes/gt/1"),
        ({"ge": ["yes", {"mul": ["eligible", "1/2"]}]}, "/passes/ge/1/mul/0"),
        ({"ge": ["yes", {"mul": ["0.5", "eligible"]}]}, "/passes/ge/1/mul/0"),
        ({"ge": ["yes", {"mul": ["50%", "eligible"]}]}, "/passes/ge/1/mul/0"),
        ({"ge": ["yes", {"mul": ["1/0", "eligible"]}]}, "/passes/ge/1/mul/0"),
        ({"ge": ["yes", {"mul": ["-1/2", "eligible"]}]}, "/passes/ge/1/mul/0"),
        ({"ge": ["yes", {"div": ["eligible", "2"]}]}, "/passes/ge/1/div"),
        ({"all": []}, "/passes/all"),
        ({"all": YES_OVER_NO}, "/passes/all"),
        (
            {"gt": [{"regions": {"where": {"gt": [{"regions": {}}, "1"]}}}, "1"]},
            "/passes/gt/0/regions/where/gt/0/regions",
        ),
        ({"gt": [{"regions": {"wehre": YES_OVER_NO}}, "1"]}, "/passes/gt/0/regions"),
        ({"gt": [{"regions": {"weight": "true"}}, "1"]}, "/passes/gt/0/regions"),
        ([], "/passes"),
    ],
)
def test_condition_outside_the_grammar_is_refused_with_its_place(raw: object, at: str) -> None:
    """The grammar is closed, and an error says where it was left."""
    with pytest.raises(MalformedError) as caught:
        read_condition(raw, at="/passes")
    assert caught.value.at == at


def test_condition_too_deep_or_too_large_is_refused() -> None:
    """Nobody makes us read for hours."""
    with pytest.raises(MalformedError, match="inside each other"):
        read_condition(NESTED, at="")
    with pytest.raises(MalformedError, match="at most"):
        read_condition({"all": [YES_OVER_NO] * 600}, at="")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({}, "says when"),
        ({"passes": YES_OVER_NO, "ready": {"rule": "simple-majority"}}, "not both"),
        ({"passes": {"gt": ["yes", {"mul": ["1/2", "valid"]}]}}, "does not say whose sum"),
        ({"passes": {"gt": [{"regions": {"class": "canton"}}, "1"]}}, "no regions of class"),
        ({"passes": YES_OVER_NO, "valid": ["yes", "yes"]}, "named twice"),
        ({"passes": YES_OVER_NO, "regions": [{"id": "A"}, {"id": "A"}]}, "two regions"),
        ({"passes": YES_OVER_NO, "regions": [{"id": "A", "weight": "1/2"}], "weights_add_up_to": "1"}, "add up to 1/2"),
        ({"passes": YES_OVER_NO, "surplus": 1}, "surplus"),
        ({"passes": YES_OVER_NO, "tie": "runoff"}, "runoff"),
    ],
)
def test_rule_whose_parts_do_not_fit_is_refused(parts: dict[str, Any], words: str) -> None:
    """What a rule names must be there, once."""
    with pytest.raises(MalformedError, match=words):
        rule(**parts)


def test_rule_says_its_direction() -> None:
    """A rule is written for approval, for rejection, or for both sides."""
    assert rule(passes=YES_OVER_NO).direction is Direction.APPROVAL
    assert rule(fails=YES_OVER_NO).direction is Direction.REJECTION
    assert rule(passes=YES_OVER_NO, fails={"gt": ["no", "yes"]}).direction is Direction.TWO_SIDED


def test_rule_names_its_national_totals_only() -> None:
    """What is asked of regions is not asked of the country."""
    carried = {"regions": {"where": {"gt": ["yes", {"mul": ["1/2", "ballots"]}]}}}
    found = rule(passes={"all": [YES_OVER_NO, {"gt": [carried, "1"]}]}, regions=[{"id": "A"}, {"id": "B"}])
    assert found.totals == {Total.YES, Total.NO}


@pytest.mark.parametrize(
    "text",
    [
        b'name = "x"\npasses = 0.5',
        b'{"name": 1.5}',
        b'{"name": 1e5}',
        b'{"name": NaN}',
        b'{"name": 1, "name": 2}',
        b"\xff",
        b'name = "\\u001b[2J"',
        b'{"name": "\\u202e"}',
        b'name = "x"\nname = "y"',
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 100 + b"]" * 100 + b"}",
    ],
)
def test_handwritten_file_with_a_decimal_point_or_a_name_twice_is_refused(text: bytes) -> None:
    """A file that could be read in two ways, or not exactly, is not read."""
    with pytest.raises(MalformedError):
        read_handwritten(text, what="file")


def test_rule_in_toml_and_in_json_is_the_same() -> None:
    """Both forms say the same."""
    toml = b"""format = "psephos/rule/1"
name = "A rule"
# comments are for people
passes = { all = [ { gt = ["yes", "no"] }, { ge = ["yes", { mul = ["1/4", "eligible"] }] } ] }
"""
    assert read_rule(toml) == rule(passes={"all": [YES_OVER_NO, {"ge": ["yes", {"mul": ["1/4", "eligible"]}]}]})


READY_FILES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "simple-majority": ({}, YES_OVER_NO),
    "supermajority": (
        {"share": "3/5", "of": "valid", "compare": "ge"},
        {"ge": ["yes", {"mul": ["3/5", "valid"]}]},
    ),
    "turnout-quorum": (
        {"share": "1/2", "of": "registered", "compare": "gt"},
        {"all": [{"gt": ["ballots", {"mul": ["1/2", "registered"]}]}, YES_OVER_NO]},
    ),
    "approval-quorum": (
        {"share": "1/4", "of": "eligible", "compare": "ge"},
        {"all": [YES_OVER_NO, {"ge": ["yes", {"mul": ["1/4", "eligible"]}]}]},
    ),
    "double-majority": (
        {"weight": True, "class": "canton"},
        {
            "all": [
                YES_OVER_NO,
                {
                    "gt": [
                        {"regions": {"where": YES_OVER_NO, "weight": True, "class": "canton"}},
                        {"mul": ["1/2", {"regions": {"weight": True, "class": "canton"}}]},
                    ]
                },
            ]
        },
    ),
    "regional-veto": (
        {"share": "2/3", "of": "valid", "compare": "ge", "regions": "3"},
        {
            "all": [
                YES_OVER_NO,
                {"not": {"ge": [{"regions": {"where": {"ge": ["no", {"mul": ["2/3", "valid"]}]}}}, "3"]}},
            ]
        },
    ),
}


@pytest.mark.parametrize("name", READY)
def test_ready_made_rule_is_written_out_in_the_grammar(name: str) -> None:
    """A name stands for a condition that everybody can read, and nothing else."""
    parameters, condition = READY_FILES[name]
    regions = [{"id": "A", "class": "canton"}]
    found = rule(ready={"rule": name, **parameters}, valid=["yes", "no"], regions=regions)
    assert found.passes == read_condition(condition, at="")
    assert "ready" not in write_rule(found)


@pytest.mark.parametrize(
    ("ready", "at"),
    [
        ({"rule": "majority"}, "/ready/rule"),
        ({"rule": "supermajority", "share": "3/5", "of": "valid"}, "/ready"),
        ({"rule": "supermajority", "share": "3/5", "compare": "ge"}, "/ready"),
        ({"rule": "supermajority", "share": "3/2", "of": "valid", "compare": "ge"}, "/ready/share"),
        ({"rule": "supermajority", "share": "3/5", "of": "valid", "compare": ">"}, "/ready/compare"),
        ({"rule": "supermajority", "share": "3/5", "of": "everybody", "compare": "ge"}, "/ready/of"),
        ({"rule": "simple-majority", "share": "1/2"}, "/ready/share"),
    ],
)
def test_ready_made_rule_with_other_parameters_is_refused(ready: dict[str, str], at: str) -> None:
    """A quorum names its denominator and its comparison; nothing is assumed."""
    with pytest.raises(MalformedError) as caught:
        rule(ready=ready, valid=["yes", "no"])
    assert caught.value.at == at


@given(conditions())
def test_rule_written_and_read_is_the_same(raw: dict[str, Any]) -> None:
    """A rule as data is the same rule, and writes the same data again."""
    found = rule(passes=raw, valid=["yes", "no"], tie="fails", regions=[{"id": "A", "weight": "1/2", "class": "c"}])
    written = write_rule(found)
    assert read_rule(write_json(written)) == found
    assert write_rule(read_rule(write_json(written))) == written
