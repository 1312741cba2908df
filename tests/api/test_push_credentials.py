"""``compile-rule --push``: how it is let in, what it trusts, and what it keeps secret."""

from __future__ import annotations

import base64
import re
import ssl
from pathlib import Path

import pytest
import trustme
from click.testing import Result

from compile_rule import PORT_26, invoke, refused
from elasticsearch_server import Elasticsearch, Status, serving

pytestmark = pytest.mark.usefixtures("surroundings")

VARIABLES = "ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD"
IN_THE_ENVIRONMENT = f"credentials go into the environment, as {VARIABLES}"
NOT_IN_THE_URL = f"the URL of --push must not hold a user or a password: {IN_THE_ENVIRONMENT}"
KEY = base64.b64encode(b"an-id:s3cret/Key").decode()


# -- credentials ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({}, None),
        ({"API_KEY": ""}, None),
        ({"API_KEY": KEY}, f"ApiKey {KEY}"),
        ({"API_KEY": f"{KEY}\n"}, f"ApiKey {KEY}"),
        ({"API_KEY": "an-id:s3cret/Key"}, f"ApiKey {KEY}"),
        ({"USERNAME": "elastic", "PASSWORD": " p:ä "}, f"Basic {base64.b64encode('elastic: p:ä '.encode()).decode()}"),
    ],
)
def test_authorization(server: Elasticsearch, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], header: str | None) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"ELASTICSEARCH_{name}", value)
    server.authorization = header
    assert invoke("--push", server.url, PORT_26).exit_code == 0
    assert server.authorizations == [header] * 3


@pytest.mark.parametrize(
    ("environment", "url", "message"),
    [
        ({"API_KEY": "s3cret"}, "https://a", "API_KEY is not an API key: use the `encoded` value from its creation, or `id:api_key`"),
        ({"API_KEY": KEY, "USERNAME": "u"}, "https://a", "both API_KEY and USERNAME are set: unset one of them"),
        ({"USERNAME": "u"}, "https://a", "USERNAME is set without PASSWORD"),
        ({"PASSWORD": "s3cret"}, "https://a", "PASSWORD is set without USERNAME"),
        ({"USERNAME": "u:v", "PASSWORD": "s3cret"}, "https://a", "USERNAME contains a `:`, which is not allowed in a user name"),
        (
            {"API_KEY": KEY},
            "http://es.example:9200",
            "API_KEY would go to `es.example` unencrypted: use an https URL, or unset the variables",
        ),
    ],
)
def test_credentials_that_will_not_do(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, message: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"ELASTICSEARCH_{name}", value)
    assert refused("--push", url, PORT_26).replace("ELASTICSEARCH_", "") == message


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://u:s3cret@a", NOT_IN_THE_URL),
        ("u:s3cret@a", NOT_IN_THE_URL),
        ("https://a/?key=s3cret", f"the URL of --push must not have a query or a fragment; {IN_THE_ENVIRONMENT}"),
    ],
)
def test_credentials_in_the_url(url: str, message: str) -> None:
    assert refused("--push", url, PORT_26) == message


@pytest.mark.parametrize("environment", [{"API_KEY": KEY}, {"USERNAME": "elastic", "PASSWORD": "s3cret/Key"}], ids=["key", "password"])
def test_secrets_stay_secret(
    server: Elasticsearch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, surroundings: Path, environment: dict[str, str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(f"ELASTICSEARCH_{name}", value)
    report = tmp_path / "report.json"
    results: list[Result] = []

    def go(*args: str | Path) -> Result:
        results.append(invoke("-v", "--push", server.url, "--report", report, *args, PORT_26))
        return results[-1]

    server.authorization = "something else"
    # The server repeats what it was shown.
    assert f"{server.url} does not accept ELASTICSEARCH_{next(iter(environment))}" in go().stderr
    server.authorization = None
    shown = f"{server.authorizations[0]} s3cret/Key"
    server.refuse = lambda document: {"type": shown, "reason": shown}
    assert "rejected 1 of 1" in go().stderr
    server.template_faults = [Status(400, error={"type": shown, "reason": shown})]
    assert "refuses the index template" in go().stderr
    server.faults = [Status(503, error={"type": shown, "reason": shown}), Status(400, error={"type": shown, "reason": shown})]
    assert "refuses to load" in go().stderr
    written = [path.read_text() for path in (report, *surroundings.iterdir())]
    text = "\n".join([*(result.output for result in results), *written])
    assert "***" in text and len(written) >= 2
    for secret in ("s3cret", KEY, base64.b64encode(b"elastic:s3cret/Key").decode()):
        assert secret not in text


# -- certificates --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(made)
    return made


def test_certificate_of_an_own_authority(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELASTICSEARCH_API_KEY", KEY)
    file = tmp_path / "ca.crt"
    authority.cert_pem.write_to_path(file)
    with serving(tls=context(authority)) as server:
        said = refused("--push", server.url, PORT_26)
        hint = "pass the certificate of its authority with --push-ca"
        assert re.fullmatch(rf"the certificate of {server.url} is not trusted: .*; {hint}", said)
        assert server.authorizations == []
        assert invoke("--push", server.url, "--push-ca", file, PORT_26).exit_code == 0
        assert len(server.documents) == 1
    with serving(tls=context(authority, "es.example")) as server:
        said = refused("--push", server.url, "--push-ca", file, PORT_26)
        assert said.startswith(f"the certificate of {server.url} is not trusted: hostname") and "es.example" in said


def test_plain_where_encrypted_is_spoken(authority: trustme.CA, server: Elasticsearch) -> None:
    assert refused("--push", server.url.replace("http:", "https:"), PORT_26).startswith("cannot reach https:")
    with serving(tls=context(authority)) as encrypted:
        assert refused("--push", encrypted.url.replace("https:", "http:"), PORT_26).endswith("; is it https?")


def test_file_of_certificates_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("")
    assert (
        refused("--push", "https://a", "--push-ca", tmp_path / "empty", PORT_26) == f"`{tmp_path}/empty` holds no certificates in PEM form"
    )
    assert (
        refused("--push", "https://a", "--push-ca", tmp_path / "no", PORT_26) == f"cannot read `{tmp_path}/no`: no such file or directory"
    )
    assert refused("--push", "https://a", "--push-ca", tmp_path, PORT_26).startswith(f"cannot read `{tmp_path}`: ")
