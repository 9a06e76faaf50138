"""What a room would know in the crises of systems, products, names and rumours: for the tests over the library."""

from __future__ import annotations

from collections.abc import Mapping

EARLY: Mapping[str, frozenset[str]] = {
    "ransomware": frozenset({"affected_services", "next_update_at"}),
}
LATE: Mapping[str, frozenset[str]] = {
    "ransomware": frozenset({"personal_data", "restored_at"}),
}
# Where people may have lost the device on which they would read anything longer.
TEXT_MESSAGES = frozenset({"ransomware", "product-harm"})
PHRASES: Mapping[str, str | int | bool] = {
    "affected_services": "ordering, parcel tracking and the customer portal",
    "affected_services_de": "Bestellung, Sendungsverfolgung und Kundenportal",
    "personal_data_detail": "names, postal addresses and bank details of customers",
    "personal_data_detail_de": "Namen, Postadressen und Bankdaten unserer Kundschaft",
    "still_works": "parcels that are on their way are delivered, and our hotline takes orders",
    "still_works_de": "Pakete werden zugestellt, und unsere Hotline nimmt Bestellungen an",
}
