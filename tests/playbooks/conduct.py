"""What a room would know in crises of conduct, privacy and proceedings: early, at the end, and in which words."""

from __future__ import annotations

from collections.abc import Mapping

EARLY: Mapping[str, frozenset[str]] = {
    "employee-misconduct": frozenset({"matter", "next_update_at"}),
    "executive-misconduct": frozenset({"office", "next_update_at"}),
    "partner-scandal": frozenset({"partner_role", "next_update_at"}),
}
LATE: Mapping[str, frozenset[str]] = {
    "employee-misconduct": frozenset({"finding", "house_change"}),
    "executive-misconduct": frozenset({"finding", "board_decision", "house_change"}),
    "partner-scandal": frozenset({"paused_at", "partnership", "reason_given"}),
}
# The seat that its opener takes, where it is not the communications lead's.
LEADS: Mapping[str, str] = {"executive-misconduct": "board-lead"}
PHRASES: Mapping[str, str] = {
    "board_decision": "the member of management leaves on 2027-01-31",
    "board_decision_de": "die betroffene Person scheidet am 2027-01-31 aus",
    "customer_action": "write to our support team until 2026-12-31 if you want your money back",
    "customer_action_de": "schreiben Sie unserer Kundenbetreuung, wenn Sie Ihr Geld zurück möchten",
    "house_change": "everybody who leads a team is trained in it by 2027-01-31",
    "house_change_de": "bis 2027-01-31 werden alle geschult, die ein Team leiten",
    "matter": "a video from a public event with our name in it",
    "matter_de": "einem Video von einer öffentlichen Veranstaltung",
    "office": "a member of our management",
    "office_de": "einem Mitglied unserer Geschäftsführung",
    "partner_role": "a creator who presented our app in eleven videos",
    "partner_role_de": "einer Person, die unsere App in Videos vorgestellt hat",
    "reason_given": "we cannot stand behind what was said in that stream",
    "reason_given_de": "hinter dem Gesagten können wir nicht stehen",
}
