"""The fixed parts of texts that rules know by their form: they stay, and what stands between them is replaced."""

from __future__ import annotations

import re

_SECRETS = (
    r"-----(?:BEGIN|END) (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    r"\beyJ(?=[A-Za-z0-9_-]{4})|(?<=\.)eyJ(?=[A-Za-z0-9_-]{4})",
    r"\b(?:sk-(?:proj-|ant-|or-|svcacct-)?|gsk_|xai-|pplx-|r8_|lsv2_[a-z]{2}_|AKIA|ASIA|gh[pousr]_|github_pat_|glpat-"
    r"|xox[abeoprs]-|AIza|ya29\.|[sr]k_(?:live|test)_|hf_|SG\.|npm_|hvs\.|dckr_pat_|dapi|do[opr]_v1_|lin_api_"
    r"|pypi-AgEIcHlwaS5vcmc)",
    r"hooks\.slack\.com/services/T|(?<=/)B(?=[A-Z0-9]+/)",
    r"(?i:(?:Account|SharedAccess)(?:Key|Signature)=)",
    r"(?i:[?&](?:sig|X-Amz-Signature|X-Goog-Signature)=)",
    r"(?i:\b(?:server|host|data source|address|user id|uid|user|username|database|initial catalog|port|dbname|password|pwd"
    r"|accountname|endpointsuffix|defaultendpointsprotocol)\s*=)",
    r"(?i:\bbearer\s+|\bbasic\s+)",
    r"(?i:\b(?:https?|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|rediss|amqps?|ftp|sqlserver|jdbc:[a-z]+)(?=://))",
)
_OBJECTS = (
    r" object at 0x(?=[0-9a-fA-F]+>)",
    r"\A<(?:class|function|module) ",
    r"\ASystem(?=[.+])",
    r"\[object (?=[A-Z])",
    r"\Adatetime\.(?=\w+\()",
    r"\A(?:UUID|Decimal)(?=\()",
    r"\Ab(?=')",
    r"\\x(?=[0-9a-f]{2})",
)
_TYPES = (
    r"\b(?:Version|Culture|PublicKeyToken|ProcessorArchitecture)=",
    r"\bSystem\b",
    r"\b(?:mscorlib|netstandard|PresentationFramework|PresentationCore|WindowsBase)\b",
)

MARKS = re.compile("|".join((*_SECRETS, *_OBJECTS, *_TYPES)))
