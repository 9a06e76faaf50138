"""What a room would know in crises of conduct, privacy and proceedings: early, at the end, and in which words."""

from __future__ import annotations

from collections.abc import Mapping

EARLY: Mapping[str, frozenset[str]] = {
    "employee-misconduct": frozenset({"matter", "next_update_at"}),
    "executive-misconduct": frozenset({"apart", "office", "next_update_at"}),
    "harassment-of-staff": frozenset({"person_agrees", "group", "next_update_at"}),
    "partner-scandal": frozenset({"partner_role", "next_update_at"}),
    "privacy-backlash": frozenset({"feature", "next_update_at"}),
    "regulator-inquiry": frozenset({"genuine", "authority", "subject", "next_update_at"}),
}
LATE: Mapping[str, frozenset[str]] = {
    "employee-misconduct": frozenset({"finding", "house_change"}),
    "executive-misconduct": frozenset({"finding", "board_decision", "house_change"}),
    "harassment-of-staff": frozenset({"quiet_since", "lasting_help"}),
    "partner-scandal": frozenset({"paused_at", "partnership", "reason_given"}),
    "privacy-backlash": frozenset({"data_flow", "switch_off", "decision"}),
    "regulator-inquiry": frozenset({"answered_at", "outcome", "our_step"}),
}
# What some facts must be before a word goes out; with any other value, or none, its text holds an open slot.
ALLOWS: Mapping[str, Mapping[str, tuple[str | bool, ...]]] = {
    "executive-misconduct": {"apart": (True,)},
    "harassment-of-staff": {"person_agrees": ("group-only", "named-by-choice")},
    "regulator-inquiry": {"genuine": (True,)},
}
# The seat that its opener takes, where it is not the communications lead's.
LEADS: Mapping[str, str] = {
    "executive-misconduct": "board-lead",
    "harassment-of-staff": "safety-lead",
    "regulator-inquiry": "legal",
}
HANGS: Mapping[str, Mapping[str, set[str]]] = {
    "employee-misconduct": {},
    "executive-misconduct": {"mar.art17": {"inside_information_at"}},
    "harassment-of-staff": {},
    "partner-scandal": {},
    "privacy-backlash": {},
    "regulator-inquiry": {"mar.art17": {"inside_information_at"}},
}
PHRASES: Mapping[str, str] = {
    "authority": "the data protection authority",
    "authority_de": "die Datenschutzbehörde",
    "board_decision": "the member of management leaves on 2027-01-31",
    "board_decision_de": "die betroffene Person scheidet am 2027-01-31 aus",
    "customer_action": "write to our support team until 2026-12-31 if you want your money back",
    "customer_action_de": "schreiben Sie unserer Kundenbetreuung, wenn Sie Ihr Geld zurück möchten",
    "customer_effect": "your service and your contract go on unchanged",
    "customer_effect_de": "Ihr Dienst und Ihr Vertrag laufen unverändert weiter",
    "data_flow": "the text of uploaded files is read to suggest titles, and is kept for 30 days on our own servers",
    "data_flow_de": "der Text hochgeladener Dateien wird für Titelvorschläge gelesen und 30 Tage bei uns aufbewahrt",
    "feature": "the new default for reading uploaded files",
    "feature_de": "der neuen Voreinstellung für hochgeladene Dateien",
    "group": "people in our support team",
    "group_de": "Menschen in unserem Support-Team",
    "house_change": "everybody who leads a team is trained in it by 2027-01-31",
    "house_change_de": "bis 2027-01-31 werden alle geschult, die ein Team leiten",
    "lasting_help": "a night line, a lawyer and a safe place, for everybody who works here",
    "lasting_help_de": "ein Nachttelefon, Rechtsbeistand und ein sicherer Ort für alle, die hier arbeiten",
    "matter": "a video from a public event with our name in it",
    "matter_de": "einem Video von einer öffentlichen Veranstaltung",
    "office": "a member of our management",
    "office_de": "einem Mitglied unserer Geschäftsführung",
    "our_step": "we delete contact data one year after the end of a contract",
    "our_step_de": "wir löschen Kontaktdaten ein Jahr nach dem Ende des Vertrags",
    "partner_role": "a creator who presented our app in eleven videos",
    "partner_role_de": "einer Person, die unsere App in Videos vorgestellt hat",
    "reason_given": "we cannot stand behind what was said in that stream",
    "reason_given_de": "hinter dem Gesagten können wir nicht stehen",
    "subject": "how long we keep contact data of former customers",
    "subject_de": "wie lange wir Kontaktdaten aufbewahren",
    "switch_off": "turn off Suggestions under Settings, Privacy",
    "switch_off_de": "schalten Sie die Vorschläge aus unter Einstellungen, Privatsphäre",
}
