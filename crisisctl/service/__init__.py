"""The ports and the one path: every command, timer and drill goes through here."""
