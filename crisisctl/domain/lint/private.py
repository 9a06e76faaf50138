"""Personal data and secrets. Every pattern is bounded, so that no text can make it slow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crisisctl.domain.lint.findings import Context, Spotted
from crisisctl.domain.lint.policy import Policy
from crisisctl.domain.lint.words import Text, Word

_BEFORE_AT = re.compile(r"[\w.+-]{1,64}\Z")
_AFTER_AT = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_PHONE = re.compile(
    r"(?<![\w.,:/+-])(?:(?:\+|00)\d{1,3}[ ./()-]{0,3}(?:\d[ ./()-]{0,2}){5,13}\d"
    r"|\(?0\d{1,5}\)?[ /-]{1,3}\d(?:[ -]?\d){4,12}|\(?\d{3}\)?[ .-]{1,2}\d{3}[ .-]\d{4}|0\d{9,12})(?![\w:-])"
)
_DAY = re.compile(r"\d{1,2}[ ./-]\d{1,2}[ ./-](?:19|20)\d\d")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}(?![\w:])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_NUMBER = re.compile(
    r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])|\b[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D]\b|\b\d{8}-?[A-HJ-NP-TV-Z]\b"
    r"|\b[XYZ]-?\d{7}-?[A-Z]\b|\b[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d[\dAB] ?\d{3} ?\d{3}(?: ?\d\d)?\b"
    r"|\b[A-Z]{5}\d{4}[A-Z]\b"
    r"|\b[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]\b|\b\d{3}\.\d{3}\.\d{3}-\d\d\b|\b\d{6}-\d{4}\b"
    r"|\b\d\d ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}\b"
)
_DEVICE = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])")
_SPOT = re.compile(r"(?<![\w.])-?\d{1,2}\.\d{4,8}°?(?: ?[NS])?[,;] ?-?\d{1,3}\.\d{4,8}(?![\w.])")
_HOME = re.compile(
    r"\b(?:[Ll]ives?|[Ll]ived|[Ll]iving|[Hh]ome|[Rr]esid(?:es?|ed|ing|ence|ent)|[Hh]is|[Hh]er|[Tt]heir"
    r"|[Hh]ouse|[Ff]lat|[Aa]partment|wohnt\w{0,2}|wohnhaft)\b"
    r"[^.\n]{0,40}?\b(?:\d{1,5}[a-z]? (?:[A-Z][\w'-]{1,20} ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln"
    r"|Drive|Dr|Close|Way|Court|Place|Square|Terrace|Boulevard|Crescent"
    r"|Gardens|Row|Hill|Grove|Mews|Walk|Parade)\b|[A-ZÄÖÜ][\wäöüß-]{2,25}(?:straße|strasse|weg|gasse"
    r"|allee|platz|str\.) \d{1,4})"
)
_VERSION = re.compile(r"(?:version|release|build|v)\.? \Z", re.IGNORECASE)
_SECRETS = re.compile(
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\b(?:AKIA|ASIA)[0-9A-Z]{12,20}\b|\bgh[pousr]_\w{16,80}"
    r"|\bgithub_pat_\w{16,90}|\bglpat-[\w-]{16,60}|\bxox[abeoprs]-[\w-]{8,80}|\b[srp]k[_-](?:live|test"
    r"|proj|ant)[\w-]{8,90}"
    r"|\bsk-\w{16,60}|\bAIza[\w-]{30,40}|\beyJ[\w-]{8,200}\.[\w-]{8,400}|\bnpm_\w{30,40}"
    r"|\bSG\.[\w-]{16,32}\.[\w-]{16,60}"
    r"|\bhooks\.slack\.com/services/\w{4,20}/\w{4,20}"
    r"|\b[a-z][a-z0-9+]{1,12}://[^\s/:@]{0,64}:[^\s/@]{1,64}@"
    r"|(?<![A-Za-z0-9])[A-Z][A-Z0-9_]{0,40}(?:KEY|SECRET|TOKEN|PASSWORD|PASSWD) ?= ?['\"]?[^\s'\"]{4,80}"
    r"|\b[Bb]earer [\w.-]{16,200}|\b[Bb]asic [A-Za-z0-9+/]{12,200}={0,2}|\b[0-9a-fA-F]{32,128}\b"
    r"|\b(?:whsec|dop_v1|hf|dckr_pat|shpat|shpss|pypi|ya29|xapp|glsa|dapi|ATATT3x|sq0\w{3}|rubygems"
    r"|lin_api|r8|gsk|EAAC)[_.-]?[\w-]{20,200}"
    r"|\b\d{8,10}:[A-Za-z0-9_-]{35}\b|\b(?:AccountKey|SharedAccessKey|sig|access_token|api_key|apikey"
    r"|client_secret|auth|key|token"
    r"|secret|sessionid|session_id|JSESSIONID|PHPSESSID)=[\w%+/.-]{12,200}"
)
_SAID = re.compile(
    r"\b(?:pass(?:word|phrase|wort|code)|passwd|pwd|secret|geheimnis|pin|token|(?:api|access|secret"
    r"|private)[ _-]?key|"
    r"zugangscode|api-schlüssel)\b['\"\u201d]? ?(?P<sign>[:=]|is(?: now| set to)?|was|lautet|ist|war) ?"
    r"['\"\u201c\u201e`]?(?P<value>[^\s'\"\u201d\u201c`]{4,80})",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"\b(?:pass(?:word|phrase|wort|code)|passwd|pwd|kennwort|zugangscode|key|token|secret"
    r"|credentials?)s?(?: of| to| for| called)? "
    r"['\"\u201c\u201e`(]{0,2}(?P<value>(?=[^\s]{0,40}\d)(?=[^\s]{0,40}[A-Za-z])[\w!#$%&*+./@^~-]{6,80})",
    re.IGNORECASE,
)
_PIN = re.compile(
    r"\b(?:PIN|[Dd]oor code|[Aa]ccess code|[Aa]larm code|[Pp]asscode|[Ee]ntry code|[Ss]afe code"
    r"|[Gg]ate code|[Oo]ne-time code)(?: code)?(?::| is| was| ist|) ?#?\d{4,8}\b"
)
_PAIR = re.compile(
    r"\b(?:log ?in|credentials?|user(?:name)?|account)(?::| is| are| with| as| using"
    r"|) ?[\w.@-]{2,40} ?(?:/|:|and|und|,) ?(?:pass(?:word"
    r"|wort)?:? )?(?=[^\s]{0,40}\d)(?=[^\s]{0,40}[A-Za-z])[\w!#$%&*+.@^~-]{6,40}",
    re.IGNORECASE,
)
_RANDOM = re.compile(
    r"(?<![\w/=.%&?@+-])(?=[\w+/=-]{0,100}\d)(?=[\w+/=-]{0,100}[a-z])(?=[\w+/=-]{0,100}[A-Z])[A-Za-z0-9+/_-]{32,100}={0,2}(?![\w./])"
)
_DIGIT = re.compile(r"\d")
_BORN = re.compile(r"\b(?:born (?:on|in)|date of birth:?|geboren am|geburtsdatum:?) (?=\w)", re.IGNORECASE)
_OWNERS = re.compile(
    r"\b(?:passport|licen[cs]e|tax|social security|(?:national )?insurance|nhs|aadhaar|pan|patient"
    r"|personnel|employee|staff|member(?:ship)?|ssn"
    r"|policy|identity card|id(?:entity)?(?: card)?|licen[cs]e plate|number plate|registration"
    r"|medical record|account|customer"
    r"|personalausweis|ausweis|reisepass|steuer|sozialversicherungs|kunden|konto"
    r"|versicherten)(?: ?-?(?:number|no\.?|id|plate|nummer|nr\.?)|)"
    r"(?: is| was|:| ist| lautet|) (?=[A-Z]{0,3}[ -]?(?:\d[ -]?){5})",
    re.IGNORECASE,
)


def secrets(looked: Text) -> Iterator[Spotted]:
    """Keys, tokens and passwords; the finding does not repeat them."""
    told: list[tuple[int, int]] = []
    text = looked.text
    said = (*filter(_is_said, _SAID.finditer(text)), *_BARE.finditer(text), *_PIN.finditer(text), *_PAIR.finditer(text))
    for found in (*_SECRETS.finditer(text), *said, *filter(_is_random, _RANDOM.finditer(text))):
        if not any(start < found.end() and found.start() < end for start, end in told):
            told.append(found.span())
            yield Spotted("secrets", found.start(), f"“{found[0][:4]}…” looks like a key or a password")


def _is_said(found: re.Match[str]) -> bool:
    """Whether what is said of a password is the password: after a verb, no mere word."""
    value = found["value"].rstrip(".,;:!?)")
    if found["sign"] in {":", "="}:
        return len(value) >= 4 and not value.startswith(("{{", "http"))  # noqa: PLR2004 - shorter is no password
    return bool(_DIGIT.search(value)) or not value.isalpha()


def _is_random(found: re.Match[str]) -> bool:
    """Whether signs are mixed as nobody writes words: digits and letters change often."""
    return len(re.findall(r"[a-z][A-Z0-9]|[A-Z][0-9]|[0-9][A-Za-z]", found[0])) >= 8  # noqa: PLR2004 - of 32 and more


def personal(looked: Text, policy: Policy, context: Context) -> Iterator[Spotted]:
    """Addresses, numbers and names of people that no list allows."""
    yield from _emails(looked.text, policy)
    yield from _phones(looked.text, policy)
    yield from _addresses(looked.text, policy)
    yield from _numbers(looked.text)
    yield from _people(looked, policy, context)


def _emails(text: str, policy: Policy) -> Iterator[Spotted]:
    domains, mailboxes, whole = policy.allowed("domains"), policy.allowed("mailboxes"), policy.allowed("emails")
    at = text.find("@")
    while at >= 0:
        before = _BEFORE_AT.search(text, max(0, at - 64), at)
        after = _AFTER_AT.match(text, at + 1)
        if before and after and text[before.start() - 1 : before.start()] not in ("/", ":"):
            box, domain = before[0].casefold(), after[0].rstrip(".").casefold()
            ours = domain in domains or any(domain.endswith(f".{one}") for one in domains)
            if not (ours or box in mailboxes or f"{box}@{domain}" in whole):
                yield Spotted("pii", before.start(), f"“{before[0]}@{after[0]}” is somebody's e-mail address")
        at = text.find("@", at + 1)


def _phones(text: str, policy: Policy) -> Iterator[Spotted]:
    allowed = [re.sub(r"[^\d+]", "", number) for number in policy.allowed("phones")]
    for found in _PHONE.finditer(text):
        digits = re.sub(r"[^\d+]", "", found[0])
        known = any(digits.startswith(number) for number in allowed if number)
        if len(digits) > 6 and not known and not _DAY.match(found[0]):  # noqa: PLR2004 - shorter is no phone
            yield Spotted("pii", found.start(), f"“{found[0].strip()}” is a phone number")


def _addresses(text: str, policy: Policy) -> Iterator[Spotted]:
    allowed = policy.allowed("addresses")
    for found in (*_IPV4.finditer(text), *_IPV6.finditer(text)):
        if found[0].lower() in allowed or _VERSION.search(text, max(0, found.start() - 12), found.start()):
            continue
        if _is_address(found[0]):
            yield Spotted("pii", found.start(), f"“{found[0]}” is an address on the network, and so personal data")


def _is_address(text: str) -> bool:
    from ipaddress import ip_address  # noqa: PLC0415 - only what looks like one pays for it

    try:
        ip_address(text)
    except ValueError:
        return False
    return ":" not in text or "::" in text or text.count(":") == 7  # noqa: PLR2004 - eight groups


def _numbers(text: str) -> Iterator[Spotted]:
    for found in _IBAN.finditer(text):
        if _iban(found[0].replace(" ", "")):
            yield Spotted("pii", found.start(), f"{found[0][:8]}… is the number of a bank account")
    for found in _CARD.finditer(text):
        if _luhn(re.sub(r"\D", "", found[0])):
            yield Spotted("pii", found.start(), f"{found[0][:4]}… is the number of a card")
    for found in _NUMBER.finditer(text):
        yield Spotted("pii", found.start(), "this is the form of a social security number")
    for found in (*_DEVICE.finditer(text), *_SPOT.finditer(text), *_HOME.finditer(text)):
        yield Spotted("pii", found.start(), f"“{found[0].strip()}” leads to one person")
    for pattern in (_BORN, _OWNERS):
        for found in pattern.finditer(text):
            yield Spotted("pii", found.start(), f"“{found[0].strip()}” tells one person from all others")


def _iban(text: str) -> bool:
    moved = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def _luhn(digits: str) -> bool:
    total = sum(
        value if place % 2 == 0 else (value * 2 - 9 if value > 4 else value * 2)  # noqa: PLR2004 - doubled above nine
        for place, value in enumerate(int(digit) for digit in reversed(digits))
    )
    return total % 10 == 0 and len(set(digits)) > 1


def _people(looked: Text, policy: Policy, context: Context) -> Iterator[Spotted]:
    firsts, titles = policy.listed("first"), policy.listed("titles")
    doubtful, others = policy.listed("doubtful"), policy.listed("no-surname")
    parts = {part for name in (*policy.allowed("names"), *context.allow) for part in name.casefold().split()}
    for words in looked.by_sentence:
        at = 0
        while at < len(words) - 1:
            word, after = words[at], _run(looked.text, words, at + 1)
            first = word.key in firsts and word.raw[0].isupper() and not (word.key in doubtful and at == 0)
            title = word.key in titles and word.raw[0].isupper()
            role = word.key in policy.listed("roles") and after > at + 2
            named = [part for part in words[at + (title or role) : after] if part.key not in titles]
            if not ((first or title or role) and after > at + 1 and named and named[-1].key not in others):
                at += 1
                continue
            if not {part.key for part in named} <= parts:
                name = looked.text[named[0].start : named[-1].end]
                yield Spotted("pii", named[0].start, f"“{name}” is the name of a person who is on no list")
            at = after


def _run(text: str, words: Sequence[Word], at: int) -> int:
    """After which word a run of capitalised words ends, at most three, with nothing but a space between."""
    end = at
    while end < min(at + 3, len(words)):
        raw = words[end].raw
        between = text[words[end - 1].end : words[end].start]
        if between not in {" ", ". ", "-"} or not raw[0].isupper() or (raw.isupper() and len(raw) > 1):
            break
        end += 1
    return end
