"""What is taken for a secret and what is not; and that none is ever printed."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysession
from pysession.rules import profiles
from pysession.rules.secrets import secret_in
from pysession.survey import walk_values
from tests.documents import values
from tests.rules.conversations import assistant, call, found, message, python, result, user

KEY = "sk-" + "proj-Fixture0Fixture1Fixture2Fixture3"
"""Assembled, so that no scanner of repositories takes it for a real one."""

SECRETS = {
    "model provider": KEY,
    "long run of letters": "sk-" + "abcdefghijklmnopqrstuvwxyz",
    "aws": "AKIA" + "FIXTUREFIXTURE00",
    "github": "ghp_" + "Fixture0" * 4 + "Fixt",
    "google": "AIza" + "Fixture0" * 4 + "Fix",
    "slack": "xoxb-" + "0123456789-fixture",
    "jwt": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJmaXh0dXJlIn0.ZmFrZXNpZ25hdHVyZQ",
    "private key": "-----BEGIN EC PRIVATE KEY-----\nRklYVFVSRQ==\n-----END EC PRIVATE KEY-----",
    "private key on one line": "-----BEGIN PRIVATE KEY-----\\nRklYVFVSRQ==\\n-----END PRIVATE KEY-----",
    "sql server": "Server=tcp:db,1433;User Id=sa;Password=Fixture-1!;Encrypt=true",
    "password first": "Password=Fixture-1;Server=db",
    "redis": "cache.example.com:6380,password=fixture1,ssl=True",
    "postgres": "postgres://app:fixture1@db.example.com/app",
    "basic": "https://app:fixture1@example.com/",
    "storage": "AccountName=a;AccountKey=Zml4dHVyZTAxMjM0NTY3ODk=",
    "sas": "https://a.example.com/c?sv=1&sig=Zml4dHVyZTAxMjM0NTY3ODk%3D",
    "bearer": "Authorization: Bearer fixture0123456789abcdef",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
@pytest.mark.parametrize("around", ["{}", "Use this:\n{}", "key:\t{} and so on", "ключ {} 鍵", "({})", '"{}"'])
def test_a_secret_is_found_by_its_form_wherever_it_stands_in_a_text(secret: str, around: str) -> None:
    session = python(user(around.format(secret)), assistant())
    assert found("secret-shaped", session) == [("warning", "/0/contents/0/text")]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS.keys())
def test_a_secret_is_found_however_its_characters_are_escaped(secret: str) -> None:
    escaped = "".join(f"\\u{ord(character):04x}" for character in secret)
    data = json.dumps(python(user("@@@"), assistant())).replace("@@@", escaped).encode()
    assert "secret-shaped" in [one.rule for one in pysession.check(data).findings]


ORDINARY = [
    "My password is too weak, what should I do?",
    "Set password = os.environ['DB_PASSWORD'] in settings.py.",
    "const password = req.body.password;",
    "let user=form.user;let password=form.password.value;",
    "password: string; // required",
    "curl -H 'Authorization: Bearer $TOKEN' https://api.example.com",
    "Use Authorization: Bearer <your-token-here>.",
    "Bearer authentication is an old and well-understood scheme.",
    "Server=.;Database=db;Integrated Security=true;",
    "Server=db;User Id=app;Password=<your password>;",
    "Server=db;User Id=app;Password=********;",
    "postgres://user:pass@localhost/db",
    "postgres://{user}:{password}@{host}/db",
    "postgres://%s:%s@%s/db",
    "mongodb://localhost:27017",
    "https://example.com:8080/@scope/package",
    "ssh://git@github.com:22/a/b",
    "git@github.com:a/b.git",
    "Read https://example.com/sk-hynix-announces-new-memory-chips-for-2025.",
    "risk-management-and-other-long-words-with-hyphens",
    "sk-" + "*" * 30,
    "sk-...abcd",
    "AKIA is how AWS keys begin, eyJ how tokens do.",
    "The file begins with -----BEGIN PRIVATE KEY----- and a line break.",
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END CERTIFICATE-----",
    "sha256:" + "a1" * 32,
    "call_" + "aB3dE5" * 4,
    "af-call-" + "0" * 32,
    "resp_" + "68af" * 12,
    "AccountKey=<key>",
    "https://a.example.com/c?sig=" + "…",
]


@pytest.mark.parametrize("words", ORDINARY)
def test_people_may_talk_about_secrets(words: str) -> None:
    asked = message("assistant", call("c1", arguments=json.dumps({"query": words})))
    session = python(user(words), asked, message("tool", result("c1", words)), assistant(words), app={"note": words})
    assert found("secret-shaped", session) == []


@given(st.uuids())
def test_ids_and_digests_are_no_secrets(id: uuid.UUID) -> None:
    session = python(user(str(id)), assistant(id.hex), app={"trace_id": str(id), "digest": id.hex * 2})
    assert found("secret-shaped", session) == []


def test_what_an_image_holds_by_chance_is_no_secret() -> None:
    uri = "data:image/png;base64,iVBO+AKIA" + "FIXTUREFIXTURE00" + "+AAAA"
    session = python(message("user", {"type": "data", "uri": uri, "media_type": "image/png"}), assistant())
    assert found("secret-shaped", session) == []


NAMES = [
    "password2",
    "apiKey_1",
    "openai_api_key_prod",
    "adminPasswordOld",
    "password",
    "Password",
    "DBPassword",
    "db_password",
    "userPasswd",
    "passphrase",
    "apiKey",
    "APIKey",
    "api-key",
]
NAMES += [
    "x-api-key",
    "OPENAI_API_KEY",
    "clientSecret",
    "AWS_SECRET_ACCESS_KEY",
    "accessToken",
    "refresh_token",
    "private_key",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_value_under_the_name_of_a_secret_is_one(name: str) -> None:
    assert found("secret-shaped", python(user(), app={name: "fixture-1"})) == [("warning", f"/state/app/{name}")]


@pytest.mark.parametrize("name", NAMES)
def test_the_same_inside_the_json_text_of_arguments(name: str) -> None:
    asked = message("assistant", call("c1", arguments=json.dumps({"config": [{name: "fixture-1"}]})))
    session = python(user(), asked, message("tool", result("c1")), assistant())
    assert found("secret-shaped", session) == [("warning", "/1/contents/0/arguments")]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "   ",
        "********",
        "••••",
        "hunt****",
        "<password>",
        "${PASSWORD}",
        "$DB_PASSWORD",
        "{{ secrets.db }}",
        "%PASSWORD%",
        "[redacted]",
        "REDACTED",
        "your-password-here",
        "changeme",
        "OPENAI_API_KEY",
        "env:DB_PASSWORD",
        "null",
        "required",
        "process.env.PASSWORD",
        "Enter your new password",
        None,
        True,
        5,
        {"min": 8},
        [],
    ],
)
def test_what_is_masked_or_still_to_be_filled_in_is_none(value: Any) -> None:
    assert found("secret-shaped", python(user(), app={"password": value, "api_key": value})) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", "Paris"),
        ("token", " pass123word9"),
        ("tokens", "Hello"),
        ("next_page_token", "abc123456789xyz"),
        ("continuationToken", "eyJhIjoxfQ12345678"),
        ("eos_token", "<|endoftext|>"),
        ("tokenizer", "cl100k_base_0123456789"),
        ("output_token_count", "123456789012345"),
        ("pwd", "/home/me/projects"),
        ("authorization", "required"),
        ("credentials", "same-origin"),
        ("secret", "true"),
        ("primary_key", "abc123456789xyz"),
        ("public_key", "abc123456789xyzabc123456789xyz"),
        ("idempotency_key", "abc123456789xyz"),
        ("keyword", "abc123456789xyz"),
        ("forgot_password", "yes please"),
        ("password_reset_at", "2026-01-02T03:04:05Z"),
    ],
)
def test_names_that_only_sound_like_secrets_are_left_alone(name: str, value: str) -> None:
    assert found("secret-shaped", python(user(), app={name: value})) == []


@pytest.mark.parametrize("name", ["token", "secret", "credential", "authorization"])
def test_under_a_common_name_a_value_must_look_drawn(name: str) -> None:
    assert found("secret-shaped", python(user(), app={name: "fixture"})) == []
    assert found("secret-shaped", python(user(), app={name: "f1xture0f1xture0"})) == [("warning", f"/state/app/{name}")]


# --- nothing is printed -----------------------------------------------------------------------------------------------


def leaks(session: Any, secret: str) -> list[str]:
    """The messages that hold any eight characters of ``secret``."""
    pieces = [secret[at : at + 8] for at in range(len(secret) - 7)]
    report = pysession.check(json.dumps(session).encode(), profiles=sorted(profiles()))
    return [one.message for one in report.findings if any(piece in one.message for piece in pieces)]


@pytest.mark.parametrize("secret", [SECRETS["model provider"], SECRETS["jwt"], SECRETS["aws"], SECRETS["postgres"]])
@pytest.mark.parametrize("dialect", ["python", "dotnet", "go", "durable", "python-thread", "agnt5"])
def test_no_message_of_any_rule_holds_a_secret_that_stands_anywhere(dialect: str, secret: str) -> None:
    # One document of each shape: each of its texts in turn is the secret.
    value = max((one for _, one in values(dialect)), key=lambda one: len(str(one)) if len(str(one)) < 4000 else 0)
    text = json.dumps(value)
    places = [path for path, _, leaf in walk_values(value) if isinstance(leaf, str)]
    assert places
    for path in places:
        copy = json.loads(text)
        holder = copy
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = secret
        assert leaks(copy, secret) == []


@pytest.mark.parametrize("secret", [SECRETS["model provider"], "hunter2-fixture"])
def test_no_message_holds_a_value_that_stands_under_the_name_of_a_secret(secret: str) -> None:
    odd = {"password": secret, "type": "message", "x": 2**70, "y": "\0", "z": [[[]]]}
    session = python(user(), assistant(), app=odd) | {"password": secret, "version": {"password": secret}}
    assert leaks(session, secret) == []


def test_no_message_holds_a_secret_that_is_a_member_name() -> None:
    odd = {KEY: 2**70, "n": {KEY: "\0", "__type__": 1}}
    contents = [{"type": "text", "text": "Hi.", KEY: 1}, {"type": KEY}]
    session = python(message("user", *contents, **{KEY: 1}), app=odd) | {KEY: 1}
    assert leaks(session, KEY) == []
    assert leaks({KEY: {KEY: session}}, KEY) == []


@given(st.text(alphabet="aA1-_.=;:/@ bearersk", max_size=40))
def test_a_look_for_secrets_never_fails(words: str) -> None:
    assert len(found("secret-shaped", python(user(words)))) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "jdbc:postgresql://db.example.com/app?user=app&password=fixture99",
        "hvs.CAESIFixtureFixtureFixture00",
        "dckr_pat_FixtureFixtureFixture00",
        "dapi" + "0123456789abcdef" * 2,
        "https://hooks.slack.com/services/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0",
    ],
)
def test_keys_of_infrastructure_are_secrets(text: str) -> None:
    assert secret_in(text) is not None


@pytest.mark.parametrize("text", ["my password= is hard to guess", "https://example.com/?password=<your password>"])
def test_a_password_that_is_not_there_is_no_secret(text: str) -> None:
    assert secret_in(text) is None
