"""What a room would know in the crises of systems, products, names and rumours: for the tests over the library."""

from __future__ import annotations

from collections.abc import Mapping

EARLY: Mapping[str, frozenset[str]] = {
    "impersonation": frozenset({"fake_is", "real_places", "next_update_at"}),
    "misinformation": frozenset({"topic", "next_update_at"}),
    "product-harm": frozenset({"affected_product", "customer_impact", "next_update_at"}),
    "ransomware": frozenset({"affected_services", "next_update_at"}),
    "service-degradation": frozenset({"affected_service", "customer_impact", "next_update_at"}),
    "third-party-breach": frozenset({"outside_service", "data_held", "next_update_at"}),
}
LATE: Mapping[str, frozenset[str]] = {
    "impersonation": frozenset({"gone_at"}),
    "misinformation": frozenset({"verdict", "correct_fact", "proof"}),
    "product-harm": frozenset({"stopped_at", "recovery_steps", "fixed_product", "recovered_at"}),
    "ransomware": frozenset({"personal_data", "restored_at"}),
    "service-degradation": frozenset({"restored_at"}),
    "third-party-breach": frozenset({"own_findings", "affected_accounts"}),
}
# Where people may have lost the device on which they would read anything longer.
TEXT_MESSAGES = frozenset({"ransomware", "product-harm"})
PHRASES: Mapping[str, str | int | bool] = {
    "affected_product": "version 4.2 of the desktop app",
    "affected_product_de": "Version 4.2 der Desktop-App",
    "affected_services": "ordering, parcel tracking and the customer portal",
    "affected_services_de": "Bestellung, Sendungsverfolgung und Kundenportal",
    "data_held": "names, e-mail addresses, delivery addresses and order numbers",
    "data_held_de": "Namen, Mailadressen, Lieferadressen und Bestellnummern",
    "do_now": "do not restart computers that still run",
    "do_now_de": "bitte starten Sie laufende Rechner nicht neu",
    "fake_is": "text messages about a parcel fee that carry our name",
    "fake_is_de": "Textnachrichten über eine Paketgebühr mit unserem Namen",
    "fixed_product": "version 4.2.1",
    "fixed_product_de": "Version 4.2.1",
    "it_asks_for": "card numbers and a small fee",
    "it_asks_for_de": "Kartennummern und eine kleine Gebühr",
    "outside_service": "the service that sends our invoices",
    "outside_service_de": "dem Dienst, der unsere Rechnungen verschickt",
    "own_findings": "nobody used the keys of that service in our systems",
    "own_findings_de": "niemand hat die Schlüssel dieses Dienstes in unseren Systemen benutzt",
    "personal_data_detail": "names, postal addresses and bank details of customers",
    "personal_data_detail_de": "Namen, Postadressen und Bankdaten unserer Kundschaft",
    "proof": "the report of the inspection office",
    "proof_de": "der Bericht der Prüfstelle",
    "real_places": "our app and our website",
    "real_places_de": "unsere App und unsere Website",
    "recovered_share": "97.5",
    "recovery_steps": "start in safe mode, remove version 4.2, then start again and sign in",
    "recovery_steps_de": "bitte im abgesicherten Modus starten, Version 4.2 entfernen und neu starten",
    "relief": "large exports wait in line until the night",
    "relief_de": "große Exporte warten bis zur Nacht",
    "still_works": "parcels that are on their way are delivered, and our hotline takes orders",
    "they_say": "somebody copied a part of the archive of invoices on 2026-11-20",
    "they_say_de": "am 2026-11-20 wurde ein Teil des Rechnungsarchivs kopiert",
    "topic": "the batteries of our bicycles",
    "topic_de": "den Akkus unserer Fahrräder",
    "true_part": "two batteries were replaced in spring",
    "true_part_de": "im Frühjahr wurden zwei Akkus ausgetauscht",
    "who_is_affected": "customers in Europe who search in large projects",
    "who_is_affected_de": "Kundschaft in Europa mit großen Projekten",
    "works_as_usual": "signing in, saving and sharing",
    "works_as_usual_de": "Anmelden, Speichern und Teilen",
    "still_works_de": "Pakete werden zugestellt, und unsere Hotline nimmt Bestellungen an",
}
# What each clock of a playbook hangs on.
HANGS: Mapping[str, Mapping[str, set[str]]] = {
    "misinformation": {"mar.art17": {"inside_information_at"}},
    "product-harm": {
        "cra.incident-early-warning": {"severe_incident_at"},
        "cra.incident-notification": {"severe_incident_at"},
        "cra.incident-final": set(),
    },
    "ransomware": {
        "gdpr.art33": {"aware_at"},
        "gdpr.art34": {"high_risk_at"},
        "nis2.early-warning": {"significant_at"},
        "nis2.notification": {"significant_at"},
        "nis2.final": set(),
        "sec.8k-1.05": {"material_at"},
    },
    "service-degradation": {
        "nis2.early-warning": {"significant_at"},
        "nis2.notification": {"significant_at"},
        "nis2.final": set(),
    },
    "third-party-breach": {
        "gdpr.art33": {"aware_at"},
        "gdpr.art33-2": {"processor_aware_at"},
        "gdpr.art34": {"high_risk_at"},
    },
}
