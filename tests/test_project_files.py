"""What stands at the top of the repository says what is so: versions, limits, and forms that can be filled in."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml

from attn_explore.model.scenario.yaml_source import MOST_BYTES, MOST_NESTING
from tests.program import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def test_the_newest_version_is_that_of_the_changelog_and_of_the_citation() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.findall(r"^## (\d\S*) \((\S+)\)$", changes, re.M)[0]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert newest == (PROJECT["version"], citation["date-released"])
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert (citation["title"], citation["abstract"]) == (PROJECT["name"], PROJECT["description"])


def test_the_limits_in_the_security_page_are_those_of_the_program() -> None:
    page = (ROOT / "SECURITY.md").read_text("utf-8")
    assert f"at most {MOST_BYTES // 10**6} MB, nested {MOST_NESTING} deep" in page


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_for_issues_asks_what_can_be_filled_in(path) -> None:
    form = yaml.safe_load(path.read_text("utf-8"))
    if path.stem == "config":
        assert form == {"blank_issues_enabled": False}
        return
    asked = [each for each in form["body"] if each["type"] != "markdown"]
    assert form["name"]
    assert form["description"]
    assert len({each["id"] for each in asked}) == len(asked)
    assert all(each["attributes"]["label"] for each in asked)
    assert any(each.get("validations", {}).get("required") for each in asked)


def test_a_report_of_a_fault_asks_for_the_doctor() -> None:
    (form,) = (yaml.safe_load(path.read_text("utf-8")) for path in FORMS if path.stem == "bug")
    (asked,) = (each for each in form["body"] if each.get("id") == "doctor")
    assert "attn-explore doctor" in asked["attributes"]["label"]
    assert asked["validations"] == {"required": True}
