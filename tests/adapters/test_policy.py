"""The policy file: laid over the package's, and told with every slip and its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crisisctl.adapters import yaml
from crisisctl.adapters.policy import PolicyFiles
from crisisctl.domain.errors import Invalid
from crisisctl.domain.lint import Context, Policy, lint


def policy(root: Path, text: str | None = None) -> Policy:
    if text is not None:
        (root / "policy.yaml").write_text(text, encoding="utf-8")
    return PolicyFiles(root, yaml.load).policy()


def rules(text: str, held: Policy, **known: Any) -> dict[str, str]:
    return {finding.rule: finding.level for finding in lint(text, held, Context()._replace(**known))}


def test_without_a_file_the_packages_policy_holds(tmp_path: Path) -> None:
    assert policy(tmp_path).digest == PolicyFiles(None, yaml.load).policy().digest
    assert policy(tmp_path, "").digest == PolicyFiles(None, yaml.load).policy().digest


def test_a_workspace_changes_a_level_and_the_digest_with_it(tmp_path: Path) -> None:
    before = policy(tmp_path)
    after = policy(tmp_path, "rules: {platitude: {level: error}, no-comment: {level: off}}\n")
    text = "No comment. We take it seriously."
    assert rules(text, before)["platitude"] == "warning"
    assert rules(text, after)["platitude"] == "error"
    assert "no-comment" not in rules(text, after)
    assert before.digest != after.digest


def test_a_level_may_depend_on_the_severity(tmp_path: Path) -> None:
    held = policy(tmp_path, "rules: {platitude: {level: {sev1: error, sev3: off, else: warning}}}\n")
    levels = {
        sev: rules("We take it seriously.", held, severity=sev).get("platitude") for sev in ("sev1", "sev2", "sev3")
    }
    assert levels == {"sev1": "error", "sev2": "warning", "sev3": None}


def test_phrases_are_added_excused_and_dropped(tmp_path: Path) -> None:
    held = policy(
        tmp_path,
        """
rules:
  platitude:
    phrases: {en: ["going forward => from now on"]}
    unless: {en: ["seriously ill"]}
  minimising: {drop: {en: ["attempted"]}}
  house-style: {level: error, phrases: {any: [blast]}, why: nobody likes it, remedy: Write message.}
""",
    )
    assert "platitude" in rules("Going forward all is well.", held)
    assert "platitude" not in rules("He was taken seriously ill.", held)
    assert "minimising" in rules("They attempted it.", PolicyFiles(None, yaml.load).policy())
    assert "minimising" not in rules("They attempted it.", held)
    found = [finding for finding in lint("A blast.", held) if finding.rule == "house-style"]
    assert [(f.level, f.message, f.remedy) for f in found] == [("error", "“blast”: nobody likes it.", "Write message.")]


def test_the_company_forbids_and_requires(tmp_path: Path) -> None:
    held = policy(
        tmp_path,
        """
forbidden:
  - {phrase: "(client|clients)", instead: customers, language: en}
required:
  - {phrase: "example.com/status", level: warning, severities: [sev1], channels: [email]}
""",
    )
    found = {f.rule: f for f in lint("Our clients know.", held, Context(severity="sev1", channel="email"))}
    assert (found["forbidden"].column, found["forbidden"].remedy) == (5, "Write: customers.")
    assert found["required"].level == "warning"
    assert "required" not in rules("See example.com/status.", held, severity="sev1", channel="email")
    assert "required" not in rules("Our people know.", held, severity="sev2", channel="email")
    assert "required" not in rules("Our people know.", held, severity="sev1", channel="x")
    assert "forbidden" not in rules("Unser Client ist da.", held, language="de")


def test_the_reading_grade_can_be_set(tmp_path: Path) -> None:
    text = "The engineers of our company found what had stopped the service on Monday. They have mended it. " * 4
    assert "readability" not in rules(text, policy(tmp_path))
    assert "readability" in rules(text, policy(tmp_path, "reading: {maximum: {en: 2}}\n"))
    assert "readability" in rules(text, policy(tmp_path, "reading: {sentence: 8}\n"))


def test_every_slip_is_told_with_its_place_and_remedy_in_one_run(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        policy(
            tmp_path,
            """rules:
  promise:
    level: fatal
    phrases: {en: [fine, "(open"]}
  unheard-of: {level: error}
reading: {maximum: {en: high}, speed: 3}
allow: {names: 3}
forbidden:
  - {instead: x}
  - {phrase: "*"}
odd: 1
""",
        )
    told = str(caught.value).splitlines()
    places = [line.partition(str(tmp_path / "policy.yaml"))[2].split(": ")[0] for line in told]
    assert places == [":3:12", ":4:26", ":5:3", ":6:25", ":6:32", ":7:16", ":9:5", ":10:14", ":11:1"]
    assert caught.value.code == 6
    assert all(";" in line for line in told)


@pytest.mark.parametrize(
    "text",
    [
        "rules: [",
        "rules: &a {}\nallow: *a\n",
        "- 1\n",
        "a: 1\na: 2\n",
        "rules: 3\n",
        "x" * 200_000,
        "\0",
        "rules: {promise: 3}\n",
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(Invalid, match=r"policy\.yaml:\d+:\d+: .*; "):
        policy(tmp_path, text)


def test_a_folder_or_a_dead_link_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Invalid, match="cannot be read"):
        policy(tmp_path)


def test_the_packages_policy_holds_its_own_form() -> None:
    assert PolicyFiles(None, yaml.load).policy().languages == {"en", "de"}
