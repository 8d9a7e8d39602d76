"""What a secret looks like. A value that matches is reported by its place and its sort, never by any of its characters."""

from __future__ import annotations

import re

_FORMATS: tuple[tuple[str, str], ...] = (
    # what it is, the pattern (RE2 and Python's re read it alike)
    ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    ("a JSON Web Token", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}"),
    ("an OpenAI or Anthropic API key", r"\bsk-(?:proj-|ant-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}"),
    ("an AWS access key id", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20}"),
    ("a Slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}"),
    ("a Stripe key", r"\b(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,}"),
    ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{30,}"),
    ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}"),
    ("a PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{20,}"),
    ("an Azure key in a connection string", r"(?i:(?:Account|SharedAccess)(?:Key|Signature)=[^;\s\x22&]{8,})"),
    ("a signature in an Azure address", r"(?i:[?&]sig=[A-Za-z0-9%+/=]{20,})"),
    ("a connection string with a password", r"(?i:\b(?:password|pwd)\s*=\s*[^;\s\x22'*&<{$]{3,}\s*(?:;|$|\x22|\\))"),
    ("an address with a password", r"(?i:\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\x22]{0,100}:[^\s/@\x22*<{$]{2,200}@)"),
    ("a bearer token", r"(?i:\bbearer\s+[A-Za-z0-9._~+/-]{20,})"),
)

_NAME = (
    r"(?:[a-z0-9_.-]*[_.-])?(?:password|passwd|passphrase|pwd|secret|secret_?key|client_?secret|api_?-?key|access_?key|"
    r"private_?key|access_?token|refresh_?token|auth_?token|id_?token|bearer_?token|session_?token|token|authorization|"
    r"credentials?|connection_?string|sas_?token)"
)
_SECRET_NAME = re.compile(rf"(?i){_NAME}\Z")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_KNOWN = tuple((what, re.compile(pattern)) for what, pattern in _FORMATS)
_MASK = re.compile(
    r"(?i)(?:[*•xX.…#-]{3,}|<[^>]*>|\$\{[^}]*\}|\{\{.*\}\}|\[?redacted\]?|masked|hidden|none|null|\*+.{0,4})\Z"
)

SECRET_TRIGGER = "|".join(
    [pattern for _, pattern in _FORMATS]
    + [
        r"(?i:\x22[a-z0-9_.-]*(?:passw|passphrase|pwd|secret|key|token|authorization|credential|connection_?string)[a-z0-9_.-]*\\*\x22\s*:\s*\\*\x22[^\x22\\])"
    ]
)
"""Occurs in the text of every document that ``secret_in`` has something to say about."""


def secret_in(name: str | int | None, value: str) -> str | None:
    """What sort of secret ``value`` looks like, by its own form or by the member ``name`` it stands under; else None."""
    for what, pattern in _KNOWN:
        if pattern.search(value):
            return what
    if isinstance(name, str) and _names_a_secret(name) and _looks_set(value):
        return f"the value of a secret ({_CAMEL.sub('_', name)[:32].lower()})"
    return None


def _names_a_secret(name: str) -> bool:
    return bool(_SECRET_NAME.match(_CAMEL.sub("_", name)))


def _looks_set(value: str) -> bool:
    """Whether a value is there and not masked. A sentence is not a secret."""
    bare = value.strip()
    return len(bare) >= 3 and not _MASK.match(bare) and len(bare.split()) <= 2
