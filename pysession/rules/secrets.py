"""What a secret looks like. A value that matches is reported by its place and its sort, never by any of its characters.

Two signs count: the form of a text (key formats that their issuers made recognisable, tokens, connection strings with a
password), and the name of the member it stands under. What is masked, or a placeholder, or the name of the place where
the secret really is, counts as none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import re2

from pysession.survey import walk_values
from pysession.wire import Encoding, json_text

_PLACEHOLDERS = (
    r".*(?:\*{3,}|•{3,}|x{5,}|\.{3,}|…).*",  # masked, wholly or in part
    r"[x#.•*-]+",
    r"<.*|\[.*\]|\{.*\}|\$\{.*\}|%?\(.*\)s?|%[sdv]|%[a-z_]+%|\$\(?[a-z_][\w.:]*\)?",  # to be filled in
    r"(?:env|vault|secret|keyvault|ref|arn)[:.].*|process\.env.*|os\.(?:environ|getenv).*|@microsoft\.keyvault.*",
    r"(?-i:[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PWD|CREDENTIALS?))",  # a variable's name
    r"(?:your|my|the|some|an?|example|sample|dummy|fake|test|placeholder|insert|enter|replace)[ _.a-z-]*"
    r"(?:password|passwd|pwd|secret|token|key|credentials?|here)",
    r"pass(?:word|wd|phrase)?|pwd|secret|token|api[ _-]?key|redacted|masked|hidden|removed|placeholder|change[ _-]?me",
    r"none|null|nil|undefined|n/?a|true|false|yes|no|on|off|string|str|text|required|optional|empty|unset|unknown|basic",
)


# Everything here is matched in RE2: a text is not trusted, and it takes linear time whatever the text is.
@cache
def _compiled(pattern: str) -> Any:
    """Compiled when it is first needed: a document without a trigger needs none of this."""
    return re2.compile(pattern.encode())


_PLACEHOLDER = "(?is)(?:" + "|".join(_PLACEHOLDERS) + ")"


def _is_set(value: str) -> bool:
    """Whether a value is there, not masked, and no placeholder."""
    bare = value.strip().strip("\"'")
    return bool(bare) and not _compiled(_PLACEHOLDER).fullmatch(bare.encode("utf-8", "replace"))


def _is_key(body: str) -> bool:
    """Whether what follows ``sk-`` was drawn, not written: slugs have short words between their hyphens."""
    runs = re.findall(r"[A-Za-z0-9]+", body)
    return _is_set(body) and any(
        len(run) >= 20 or (len(run) >= 16 and any(map(str.isdigit, run)) and any(map(str.isalpha, run))) for run in runs
    )


def _has_digit(text: str) -> bool:
    return _is_set(text) and any(map(str.isdigit, text))


class _Format(msgspec.Struct, frozen=True):
    """A text in which ``pattern`` (RE2) is found holds ``what``, if its first group, where it has one, is ``genuine``.

    ``trigger`` occurs in the JSON text of every document with such a text, however its line breaks are escaped.
    """

    what: str
    pattern: str
    trigger: str
    genuine: Callable[[str], bool] = _is_set


def _plain(what: str, pattern: str) -> _Format:
    """A format without characters that JSON escapes. An escape such as ``\\n`` before it ends in a letter, hence no ``\\b``."""
    return _Format(what, rf"\b({pattern})", pattern)


_FORMATS: tuple[_Format, ...] = (
    _Format(
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:(?:\s|\\[nr])*[\n\r]|(?:\\[nr])+| )([A-Za-z0-9+/=]{4,})",
        r"PRIVATE KEY(?: BLOCK)?-----",
    ),
    _plain("a JSON Web Token", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}"),
    _Format("an API key of a model provider", r"\bsk-([A-Za-z0-9_-]{20,})", r"sk-[A-Za-z0-9_-]{20}", _is_key),
    _plain("an API key of a model provider", r"(?:gsk_|xai-|pplx-|r8_|lsv2_[a-z]{2}_)[A-Za-z0-9_]{32,}"),
    _plain("an AWS access key id", r"(?:AKIA|ASIA)[0-9A-Z]{16}"),
    _plain("a GitHub token", r"(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})"),
    _plain("a GitLab token", r"glpat-[A-Za-z0-9_-]{20}"),
    _plain("a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{10,}"),
    _plain("a Google API key", r"AIza[0-9A-Za-z_-]{35}"),
    _plain("a Google access token", r"ya29\.[0-9A-Za-z_-]{20,}"),
    _plain("a Stripe key", r"(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,}"),
    _plain("a Hugging Face token", r"hf_[A-Za-z0-9]{30,}"),
    _plain("a SendGrid key", r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    _plain("an npm token", r"npm_[A-Za-z0-9]{36}"),
    _plain("a HashiCorp Vault token", r"hvs\.[A-Za-z0-9_-]{20,}"),
    _plain("a Docker Hub token", r"dckr_pat_[A-Za-z0-9_-]{20,}"),
    _plain("a Databricks token", r"dapi[0-9a-f]{32}"),
    _plain("a DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}"),
    _plain("a Linear API key", r"lin_api_[A-Za-z0-9]{32,}"),
    _Format(
        "a Slack webhook",
        r"hooks\.slack\.com/services/(T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,})",
        r"hooks\.slack\.com",
    ),
    _Format(
        "an address with a password",
        r"(?i:\b[a-z][a-z0-9+.:-]*://[^\s\x22]*[?&;](?:password|pwd)=([^&;\s\x22'<>]{3,}))",
        r"(?i:[?&;](?:password|pwd)=)",
    ),
    _plain("a PyPI token", r"pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}"),
    _Format(
        "a key in a connection string",
        r"(?i:(?:Account|SharedAccess)(?:Key|Signature)=([^;\s\x22&]{8,}))",
        r"(?i:(?:account|sharedaccess)(?:key|signature)=)",
    ),
    _Format(
        "a signature in an address",
        r"(?i:[?&](?:sig|X-Amz-Signature|X-Goog-Signature)=([A-Za-z0-9%+/=_-]{20,}))",
        r"(?i:[?&](?:sig|X-Amz-Signature|X-Goog-Signature)=)",
    ),
    # Code assigns passwords, too; only beside another setting is it a connection string.
    _Format(
        "a connection string with a password",
        r"(?i:(?:server|host|data source|address|user id|uid|user|username|database|initial catalog|port|dbname)\s*=\s*"
        r"[^;=\n]*[;]\s*(?:[a-z ]+=[^;=\n]*;\s*)*(?:password|pwd)\s*=\s*([^;\s\x22'()]+))",
        r"(?i:(?:password|pwd)\s*=)",
    ),
    _Format(
        "a connection string with a password",
        r"(?i:(?:password|pwd)\s*=\s*([^;\s\x22'()]+)\s*;\s*(?:[a-z ]+=[^;=\n]*;\s*)*"
        r"(?:server|host|data source|address|user id|uid|user|username|database|initial catalog|port|dbname)\s*=)",
        r"(?i:(?:password|pwd)\s*=)",
    ),
    _Format(
        "a connection string with a password",
        r"(?i:[a-z0-9.-]+:[0-9]+,(?:[a-z]+=[^,\s]*,)*password=([^,;\s\x22']+))",
        r"(?i:(?:password|pwd)\s*=)",
    ),
    _Format(
        "an address with a password",
        r"(?i:\b[a-z][a-z0-9+.-]*://[^\s/:@\x22<>]*:([^\s/@\x22<>]{2,})@)",
        r"://[^\s/:@\x22<>]*:[^\s/@\x22<>]+@",
    ),
    _Format(
        "a bearer token",
        r"(?i:\bbearer\s+([A-Za-z0-9._~+/-]{16,}))",
        r"(?i:bearer(?:\s|\\[nrt])+[a-z0-9._~+/-]{16})",
        _has_digit,
    ),
)

_ANY = "|".join(f"(?:{known.pattern})" for known in _FORMATS)

# --- names ------------------------------------------------------------------------------------------------------------

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")

_PASSWORDS = ("password", "passwd", "passphrase", "passcode", "pwd")
_KEYS = tuple(
    f"{word}key"
    for word in [
        "api",
        "secret",
        "access",
        "private",
        "signing",
        "encryption",
        "account",
        "subscription",
        "master",
        "shared",
        "ssh",
        "functions",
    ]
)
_TOKENS = tuple(
    f"{word}token"
    for word in ["access", "refresh", "auth", "bearer", "session", "id", "api", "sas", "oauth", "personal", "bot"]
)
_SECRETS = tuple(
    f"{word}secret" for word in ["client", "app", "consumer", "shared", "webhook", "api", "signing", "oauth", "jwt"]
)
_WEAK = ("token", "secret", "credential")
_QUESTIONS = frozenset({"has", "is", "no", "use", "requires", "forgot", "reset", "change"})
"""Words that make of a secret a question or an address."""

_PLACES = frozenset(
    [
        "next",
        "page",
        "prev",
        "previous",
        "continuation",
        "sync",
        "resume",
        "cursor",
        "skip",
        "stop",
        "eos",
        "bos",
        "pad",
        "unk",
        "sep",
        "cls",
        "mask",
        "special",
        "start",
        "end",
        "first",
        "last",
        "delta",
        "pagination",
        "cancellation",
        "cancel",
        "csrf",
        "xsrf",
        "input",
        "output",
    ]
)
"""Words that make of a token a place in a list or in a text."""

_WHERE = re.compile(r"(?:[/~.]|[A-Za-z]:\\|https?://)")


_WHICH = frozenset({"value", "primary", "secondary", "prod", "production", "dev", "staging", "old", "new"})
"""Words behind a name that say which of several it is."""


def _words(name: str) -> list[str]:
    words = [word.lower() for word in _HUMP.split(name.rstrip("0123456789")) if word]
    return words[:-1] if len(words) > 1 and words[-1] in _WHICH else words


def _drawn(value: str) -> bool:
    """Whether a text looks like one that a machine drew, not one that somebody wrote."""
    if re.search(r"\s", value):
        return False
    return len(value) >= 20 or (len(value) >= 12 and any(map(str.isdigit, value)) and any(map(str.isalpha, value)))


def _stands_for_a_secret(name: str, value: str) -> bool:
    words = _words(name)
    if not words or not _is_set(value) or _QUESTIONS.intersection(words):
        return False
    joined, last = "".join(words).removesuffix("s"), words[-1].removesuffix("s")
    bare = value.strip()
    if joined.endswith(_PASSWORDS):
        # "pwd" is a directory as often.
        return len(bare) >= 3 and len(bare.split()) <= 2 and not _WHERE.match(bare)
    if _PLACES.intersection(words):
        return False
    if joined.endswith((*_KEYS, *_TOKENS, *_SECRETS)):
        return len(bare) >= 6 and len(bare.split()) == 1
    if last == "authorization":
        scheme, _, rest = bare.partition(" ")
        return _drawn(bare) or (scheme.isalpha() and len(rest) >= 6 and len(rest.split()) == 1 and _is_set(rest))
    # A word of a text has a space before it where language models count tokens.
    return last in _WEAK and _drawn(value) and not _WHERE.match(value)


# --- what the rule asks -----------------------------------------------------------------------------------------------

_NAME_TRIGGER = (
    r"(?i:(?:passw(?:or)?d|passphrase|passcode|pwd|secret|token|authorization|credential"
    r"|(?:api|secret|access|private|signing|encryption|account|subscription|master|shared|ssh|functions)[^a-z0-9\x22]?key)"
    r"s?(?:[_.-]?(?:value|primary|secondary|prod|production|dev|staging|old|new))?[_.-]?[0-9]*\\*\x22\s*:\s*(?:\[\s*)?\\*\x22(?:[^\x22\\]|\\[^\x22]))"
)

SECRET_TRIGGER = "|".join([*dict.fromkeys(known.trigger for known in _FORMATS), _NAME_TRIGGER])
"""Occurs in the text of every document that the functions below have something to say about."""


def secret_in(text: str) -> str | None:
    """What sort of secret ``text`` holds by its form, or None."""
    if text[:5].lower() == "data:" and ";base64," in text[:200]:
        return None  # what is in there by chance was never written by anybody
    searched = text.encode("utf-8", "replace")
    if not _compiled(_ANY).search(searched):
        return None
    for known in _FORMATS:
        pattern = _compiled(known.pattern)
        if any(known.genuine(match[1].decode("utf-8", "replace")) for match in pattern.finditer(searched)):
            return known.what
    return None


def secret_under(name: Any, value: str) -> str | None:
    """What ``value`` is by the ``name`` it stands under, when that is a secret's name; else None."""
    if isinstance(name, str) and len(name) <= 64 and _stands_for_a_secret(name, value):
        return f"the value of a secret ({'_'.join(_words(name))})"
    return None


# --- taking it away ---------------------------------------------------------------------------------------------------

MASK = "[redacted]"
"""What stands for a secret that was taken away; the rule takes it for none."""

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[^-]*-----.*?(?:-----END [^-]*-----|\Z)", re.S)


def without_secrets(name: Any, text: str) -> str:
    """``text`` with what is secret in it masked, all of it where it is one by the ``name`` it stands under.

    What cannot be told apart is masked whole.
    """
    if secret_under(name, text):
        return MASK
    inside = _masked_inside(text)
    masked = _masked(text if inside is None else inside)
    return MASK if masked == text or secret_in(masked) else masked


def _masked(text: str) -> str:
    """``text`` with everything masked that is a secret by its form."""
    text = _PRIVATE_KEY.sub(MASK, text)
    for known in _FORMATS:
        searched = text.encode("utf-8", "replace")
        if len(searched.decode()) != len(text):
            return text
        spans = [
            match.span(1)
            for match in _compiled(known.pattern).finditer(searched)
            if known.genuine(match[1].decode("utf-8", "replace"))
        ]
        for start, end in reversed(spans):
            searched = searched[:start] + MASK.encode() + searched[end:]
        text = searched.decode() if spans else text
    return text


def _masked_inside(text: str) -> str | None:
    """A JSON text with the values masked that stand under telling names in it; None when it is none or holds none."""
    value = json_text(text)
    if value is None:
        return None
    from pysession.wire.editing import Replace, edit  # masking is rare, and checks start without it

    edits = [
        Replace(path, without_secrets(name, found))
        for path, _, found in walk_values(value)
        if isinstance(found, str)
        and secret_under(name := next((step for step in reversed(path) if isinstance(step, str)), None), found)
    ]
    return edit(text.encode(), Encoding.JSON, edits).decode() if edits else None
