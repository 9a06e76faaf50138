"""What the templates say passes the lint of the package, whatever is known."""

from __future__ import annotations

from crisisctl.adapters import yaml
from crisisctl.adapters.policy import PolicyFiles
from crisisctl.domain.lint import Context, errors, lint

POLICY = PolicyFiles(None, yaml.load).policy()
AT_MOST = 24  # forms of one template; a template with many choices has thousands


def test_a_text_has_no_error_at_the_highest_severity(commons: list[str]) -> None:
    for text in commons[:: max(1, len(commons) // AT_MOST)]:
        assert errors(lint(text, POLICY, Context(severity="sev1", people_affected=True))) == [], text
