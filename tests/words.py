"""Words that may leave the building: a text in which the lint finds no error, for tests about something else."""

SHORT = (
    "We are sorry: some account records were exposed. Please change your password. "
    "We do not yet know how. Next update by 22 November 2026, 15:00 UTC."
)
CHANGED = SHORT.replace("some account records", "some records of accounts")
GERMAN = (
    "Es tut uns leid: Daten einiger Konten waren einsehbar. Bitte ändern Sie Ihr Passwort. "
    "Wir wissen noch nicht, wie es dazu kam. Nächste Information bis 22. November 2026, 16:00 Uhr MEZ."
)
