"""Lint: what every rule finds, where, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from crisisctl.adapters import yaml
from crisisctl.adapters.policy import PACKAGE, PolicyFiles
from crisisctl.domain.errors import Refused
from crisisctl.domain.lint import MOST, Context, Finding, Policy, errors, lint
from crisisctl.domain.lint.form import problems
from crisisctl.domain.lint.policy import RULES, merged
from crisisctl.domain.lint.reading import grade
from crisisctl.domain.lint.words import Text

DATA = Path(__file__).parent.parent / "data"
POLICY = PolicyFiles(None, yaml.load).policy()
MISSING = {"missing-empathy", "missing-next-update", "missing-unknowns", "missing-action", "undated"}
WHOLE = (
    "On 22 November 2026, 14:02 UTC, we learned that records were copied. We are sorry. Please change your password. "
    "We do not yet know how it came about. Next update by 22 November 2026, 15:00 UTC."
)


class Sample(NamedTuple):
    language: str
    rule: str
    text: str


def samples(name: str) -> list[Sample]:
    rows = (DATA / "lint" / name).read_text(encoding="utf-8").splitlines()
    parts = [row.partition(" | ") for row in rows if row and not row.startswith("#")]
    return [Sample(head.split()[0], head.split()[1], text) for head, _, text in parts]


def rules(text: str, **known: Any) -> set[str]:
    return {finding.rule for finding in lint(text, POLICY, Context()._replace(**known))}


def wrong(corpus: list[Sample], *, good: bool) -> list[Sample]:
    """Those of which lint says what it must not, or not what it must; a sentence alone may lack the other parts."""
    return [
        one
        for one in corpus
        if (one.rule == "good") is good
        and ((rules(one.text) - MISSING) if good else one.rule not in rules(one.text, language=one.language))
    ]


CORPORA = sorted(path.name for path in (DATA / "lint").glob("*.txt"))


@pytest.mark.parametrize("name", CORPORA)
def test_at_most_one_in_twenty_is_judged_wrongly_either_way(name: str) -> None:
    corpus = samples(name)
    fine = [one for one in corpus if one.rule == "good"]
    assert len(wrong(corpus, good=True)) <= len(fine) / 20, wrong(corpus, good=True)
    assert len(wrong(corpus, good=False)) <= (len(corpus) - len(fine)) / 20, wrong(corpus, good=False)


def test_the_corpus_has_a_bad_sample_of_every_rule_that_needs_no_incident() -> None:
    told = {one.rule for one in samples("corpus.txt")}
    assert set(RULES) - told <= {"contradiction", "forbidden", "required", "missing-unknowns"}
    assert len(samples("corpus.txt")) >= 100


def test_the_contracts_holding_text_has_no_finding() -> None:
    source = (DATA / "contract" / "templates" / "holding" / "data-breach.md.j2").read_text(encoding="utf-8")
    text = source.replace("{{ affected_accounts }}", "1200")
    for severity in ("sev1", "sev3", None):
        assert lint(text, POLICY, Context(severity=severity)) == []


QUOTED = {
    "twitter, first": (
        (
            "We are aware of a security incident impacting accounts on Twitter. We are investigating and taking steps"
            " to fix it. We will update everyone shortly."
        ),
        {"missing-next-update", "relative-time"},
    ),
    "twitter, second": (
        "You may be unable to Tweet or reset your password while we review and address this incident.",
        {"missing-next-update", "missing-empathy"},
    ),
    "twitter, chief": (
        (
            "Tough day for us at Twitter. We all feel terrible this happened. We're diagnosing and will share"
            " everything we can when we have a more complete understanding of exactly what happened."
        ),
        {"missing-next-update", "undated"},
    ),
    "twitter, cause": (
        (
            "We detected what we believe to be a coordinated social engineering attack by people who successfully"
            " targeted some of our employees with access to internal systems and tools."
        ),
        {"speculation", "missing-next-update"},
    ),
    "united, chief": (
        (
            "This is an upsetting event to all of us here at United. I apologize for having to re-accommodate these"
            " customers. ..."
        ),
        {"minimising", "missing-next-update"},
    ),
    "united, letter": ("The passenger was disruptive and belligerent, and I stand behind our staff.", {"blame"}),
    "github, estimate": ("We estimate that service will be restored in two hours.", {"promise"}),
    "atlassian, estimate": ("We will restore access for the remaining customers by 19 April.", {"promise"}),
    "okta": ("There was an attempt to compromise the account of a support engineer.", {"minimising"}),
    "crowdstrike, first": (
        (
            "We are actively working with customers impacted by a defect found in a single content update for Windows"
            " hosts. Mac and Linux hosts are not impacted."
        ),
        {"missing-empathy", "missing-next-update"},
    ),
    "kitchenaid": (
        (
            "Deepest apologies for an irresponsible tweet that is in no way a representation of the brand's opinion."
            " #nbcpolitics"
        ),
        {"accessibility", "missing-next-update", "undated"},
    ),
    "red cross": (
        "We've deleted the rogue tweet but rest assured the Red Cross is sober and we've confiscated the keys.",
        {"missing-next-update", "platitude"},
    ),
    "gitlab": (
        "We accidentally deleted production data and might have to restore from backup.",
        {"undated", "missing-next-update"},
    ),
}


@pytest.mark.parametrize("name", QUOTED)
def test_what_was_really_said_has_the_findings_that_it_is_known_for(name: str) -> None:
    text, wanted = QUOTED[name]
    assert wanted <= rules(text)


def test_those_who_apologised_are_not_told_to() -> None:
    for name in ("twitter, chief", "united, chief", "kitchenaid"):
        assert "missing-empathy" not in rules(QUOTED[name][0]), name


def test_a_finding_says_where_why_and_what_to_write() -> None:
    found = lint(f"{WHOLE}\n\nIt is fixed.\n  We guarantee it.", POLICY)
    assert found == [
        Finding(
            4,
            6,
            "error",
            "promise",
            "“guarantee”: nobody can keep this promise for sure, and breaking it is the next crisis.",
            "Write: what you do and have checked, without the guarantee",
        )
    ]
    assert errors(found) == found


def test_every_rule_has_a_reason_and_a_remedy() -> None:
    for id_, rule in POLICY.rules.items():
        assert rule.why, id_
        assert rule.remedy, id_
    assert set(RULES) - set(POLICY.rules) == {"forbidden", "required"}


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("Next update by 22 November 2026, 15:00 UTC.", True),
        ("The next update follows at 3:30 p.m. EST on 22 November.", True),
        ("We will report again by 2026-11-22T15:00Z.", True),
        ("More information by 22 November 2026, 16:00 (CET).", True),
        ("Next update: 22 November, 10:00 Pacific Time.", True),
        ("Next update at noon UTC.", True),
        ("Nächste Information bis 22. November 2026, 15 Uhr MEZ.", True),
        ("Wir melden uns um 15:00 Uhr MEZ wieder.", True),
        ("There will be no further updates.", True),
        ("Next update by 22 November 2026.", False),
        ("Next update by 15:00.", False),
        ("Next update soon.", False),
        ("At 14:02 UTC the site failed. We will update you.", False),
        ("Wir melden uns in Kürze wieder.", False),
    ],
)
def test_a_next_update_has_a_time_and_a_zone(text: str, fine: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert ("missing-next-update" not in rules(text)) is fine


def test_missing_empathy_is_an_error_at_the_highest_severity_where_people_are_affected() -> None:
    text = "On 22 November 2026 the build was late. Next update by 15:00 UTC."
    levels = {
        (severity, people): next(
            f.level
            for f in lint(text, POLICY, Context(severity=severity, people_affected=people))
            if f.rule == "missing-empathy"
        )
        for severity in ("sev1", "sev2", None)
        for people in (True, False)
    }
    assert {key for key, level in levels.items() if level == "error"} == {("sev1", True)}


def test_unknowns_are_asked_for_while_questions_are_open() -> None:
    text = WHOLE.replace("We do not yet know how it came about. ", "")
    assert "missing-unknowns" in rules(text)
    assert "missing-unknowns" in rules(text, questions=("cause",))
    assert "missing-unknowns" not in rules(text, questions=())
    assert rules(WHOLE, questions=("cause",)) == set()


def test_a_line_for_inside_and_a_subject_lack_nothing() -> None:
    assert rules("Please send all questions to the press office.", phase="inside") == set()
    assert rules("Records copied", whole=False) == set()


def test_what_is_confirmed_is_no_speculation() -> None:
    text = f"{WHOLE} It is likely due to a failed disk in rack 4."
    facts = {"cause": ("a failed disk in rack 4", "probable")}
    assert rules(text) == {"speculation"}
    assert rules(text, facts=facts) == set()
    assert "speculation" in rules(text, facts={"cause": ("a failed disk in rack 4", "unconfirmed")})


def test_approvals_silence_what_waits_for_them() -> None:
    text = f"{WHOLE} The Lazarus Group is behind this breach."
    assert rules(text) == {"attribution", "legal-words"}
    assert rules(text, legal_approved=True) == {"attribution"}
    assert rules(text, legal_approved=True, security_approved=True) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Write to jane.doe@example.com.",
        "Call +49 171 2345678.",
        "Call (212) 555-0147.",
        "It came from 203.0.113.77.",
        "It came from 2001:db8::8a2e:370:7334.",
        "Her card is 4111 1111 1111 1111.",
        "Pay to DE89 3704 0044 0532 0130 00.",
        "The number is 078-05-1120.",
        "Dr. Mendoza knows it.",
        "Our colleague Sarah Connor knows it.",
        "Our engineer Hideo Takamura knows it.",
        "She was born on 3 May 1980.",
    ],
)
def test_personal_data_is_found(text: str) -> None:
    assert "pii" in rules(text)


def test_the_companys_own_addresses_and_names_may_stand_in_a_text() -> None:
    own = {
        "allow": {
            "domains": ["example.com"],
            "names": ["Sarah Connor"],
            "phones": ["+49 171 2345678"],
            "addresses": ["203.0.113.77"],
        }
    }
    policy = Policy(merged(_document(), own))
    text = "jane@example.com, Sarah Connor, Ms Connor, +49 171 2345678, 203.0.113.77, support@elsewhere.org"
    assert not [f for f in lint(text, policy) if f.rule == "pii"]
    assert [f for f in lint(text.replace("Sarah", "John"), policy) if f.rule == "pii"]
    assert "pii" not in rules("Ask Sarah Connor.", allow=("Sarah Connor",))


def _document() -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for path in PACKAGE:
        loaded = yaml.load(path)
        assert not loaded.faults
        assert isinstance(loaded.document, dict)
        whole = merged(whole, loaded.document)
    return whole


def test_the_policy_that_comes_with_the_program_has_the_form_of_one() -> None:
    assert problems(_document()) == []


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN RSA PRIVATE KEY-----",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "postgres://app:hunter2@db.example.com/x",
        "password: hunter2",
        "the api key is 9f8e7d6c5b",
        "xoxb-123456789012-abcdefghijkl",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0",
    ],
)
def test_a_secret_is_found_and_not_repeated(text: str) -> None:
    found = [finding for finding in lint(f"See {text} here", POLICY) if finding.rule == "secrets"]
    assert len(found) == 1
    assert text not in found[0].message


@pytest.mark.parametrize(
    "slot", ["{{ name }}", "{% if x %}", "TODO", "TBD", "[X]", "[insert date]", "<NAME>", "___", "XX:XX"]
)
def test_a_gap_is_found_once(slot: str) -> None:
    found = [finding for finding in lint(f"It was {slot} then.", POLICY) if finding.rule == "unresolved-slot"]
    assert [(finding.line, finding.column) for finding in found] == [(1, 8)]


def test_links_and_footnotes_are_no_gaps() -> None:
    assert "unresolved-slot" not in rules("See [our status page](https://example.com) and the note [1], […] and so on.")


@pytest.mark.parametrize(
    "text",
    [
        "Our API, the SMS gateway, GDPR, HTTPS and the UTC clock work.",
        "AWS S3 and SAML SSO work.",
        "EXERCISE EXERCISE EXERCISE",
        "We are back 🎉",
        "News under #DataBreach and #status.",
        "![A map of the region](map.png) and [our status page](https://example.com)",
    ],
)
def test_abbreviations_and_careful_marks_are_accessible(text: str) -> None:
    assert "accessibility" not in rules(text)


@pytest.mark.parametrize(
    "text",
    [
        "STOP NOW",
        "🔥🔥",
        "#weareworkingonit",
        "![](map.png)",
        "[here](https://example.com)",
        "Sorry!!!",
        "\U0001d5e6\U0001d5fc\U0001d5ff\U0001d5ff\U0001d606",
    ],
)
def test_what_cannot_be_read_out_is_found(text: str) -> None:
    assert "accessibility" in rules(text)


def test_an_advertisement_that_says_so_is_disclosed() -> None:
    text = "Our brand ambassador loves the new app, use code LENA10."
    assert "disclosure" in rules(text)
    assert "disclosure" not in rules(f"{text} #ad")
    assert "disclosure" not in rules(f"Advertisement. {text}")


def test_the_grade_of_plain_words_is_low_and_of_long_ones_high() -> None:
    plain = grade(Text("We are sorry. The site was down. It works now. You can log in. " * 4), "en")
    stiff = grade(
        Text("Comprehensive investigations necessitate supplementary interdepartmental coordination. " * 8), "en"
    )
    assert plain is not None
    assert stiff is not None
    assert plain < 4
    assert stiff > 15
    assert grade(Text("Too short."), "en") is None


def test_a_language_without_phrases_has_the_rules_that_need_none() -> None:
    found = rules("Nous sommes désolés. {{ nom }} jane.doe@gmail.com", language="fr")
    assert {"unresolved-slot", "pii"} <= found
    assert not found & {"missing-empathy", "missing-action", "no-comment"}


def test_a_regional_language_has_the_rules_of_its_language() -> None:
    assert "promise" in rules("Ihre Daten sind sicher.", language="de-AT")


def test_the_findings_of_one_rule_are_counted_and_not_all_listed() -> None:
    found = [finding for finding in lint("TODO " * 400, POLICY) if finding.rule == "unresolved-slot"]
    assert len(found) == MOST
    assert "And 350 more like it." in found[-1].message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        (" \n\t ", "is empty"),
        ("x" * 1_000_000, "1,000,000 characters"),
        ("fine\nbad \x1b[31m", "\\x1b in line 2, column 5"),
        ("a\u202eb", "⟨U+202E⟩ in line 1, column 2"),
        ("half \ud83d", "in line 1, column 6, half of a character"),
        ("zero\u200bwidth", "line 1, column 5"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_place(text: str, told: str) -> None:
    with pytest.raises(Refused) as caught:
        lint(text, POLICY)
    assert told in str(caught.value)


def test_lint_gives_the_same_twice_and_in_order_of_place() -> None:
    text = "\n".join(one.text for one in samples("corpus.txt"))
    first = lint(text, POLICY, Context(now=datetime(2026, 11, 22, tzinfo=UTC)))
    assert first == lint(text, POLICY)
    assert [(f.line, f.column) for f in first] == sorted((f.line, f.column) for f in first)


def test_what_the_room_names_as_its_own_is_no_culprit() -> None:
    text = "We know of the disruption of GitLab."
    assert "blame" in {finding.rule for finding in lint(text, POLICY)}
    assert "blame" not in {finding.rule for finding in lint(text, POLICY, Context(allow=("GitLab.com",)))}
