"""Elasticsearch URL and credentials, as the user gives them: an option, and environment variables."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from .problems import PushError

API_KEY = "ELASTICSEARCH_API_KEY"
USERNAME = "ELASTICSEARCH_USERNAME"
PASSWORD = "ELASTICSEARCH_PASSWORD"

_PORTS = {"http": 80, "https": 443}
_IN_THE_ENVIRONMENT = f"credentials go into the environment, as {API_KEY}, or {USERNAME} and {PASSWORD}"
_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of a request.

    Attributes:
        header: the ``Authorization`` header, if there is one.
        secrets: strings that must not be shown, in every form that a server might echo.
        names: the environment variables that they came from.
    """

    header: str | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    names: str = ""

    def hide(self, text: str) -> str:
        """Redacts the secrets in a text."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text


@dataclass(frozen=True, slots=True)
class Address:
    """The address of an Elasticsearch server.

    Attributes:
        url: scheme, host, port and perhaps a path; no credentials.
        credentials: sent with every request.
    """

    url: str
    credentials: Credentials


def read_address(url: str, environment: Mapping[str, str]) -> Address:
    """Check a URL and take credentials from the environment.

    Credentials are rejected in the URL, which ends up in shell histories, process lists and logs, and over plain HTTP to
    another machine.

    Raises:
        PushError: the URL or the credentials are invalid. The message contains neither a secret nor a URL that may hold one.
    """
    parts = _parts(url)
    assert parts.hostname is not None
    credentials = _credentials(environment)
    if parts.scheme == "http" and credentials.names and not _is_local(parts.hostname):
        raise PushError(f"{credentials.names} would go to `{parts.hostname}` unencrypted: use an https URL, or unset the variables")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return Address(f"{parts.scheme}://{host}:{parts.port or _PORTS[parts.scheme]}{parts.path.rstrip('/')}", credentials)


def _parts(url: str) -> SplitResult:
    if "@" in url:
        raise PushError(f"the URL of --push must not hold a user or a password: {_IN_THE_ENVIRONMENT}")
    if "?" in url or "#" in url:
        raise PushError(f"the URL of --push must not have a query or a fragment; {_IN_THE_ENVIRONMENT}")
    try:
        parts = urlsplit(url)
        known = parts.scheme in _PORTS and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise PushError(f"`{url}` is not a valid Elasticsearch URL, such as https://localhost:9200")
    return parts


def _is_host(host: str) -> bool:
    return ipaddress.ip_address(host).version == 6 if ":" in host else _NAME.fullmatch(host) is not None


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _credentials(environment: Mapping[str, str]) -> Credentials:
    # Files and secret stores may append a line break to a value.
    api_key, user, password = (environment.get(name, "").strip("\r\n") for name in (API_KEY, USERNAME, PASSWORD))
    if api_key and (user or password):
        raise PushError(f"both {API_KEY} and {USERNAME if user else PASSWORD} are set: unset one of them")
    if bool(user) != bool(password):
        raise PushError(f"{USERNAME if user else PASSWORD} is set without {PASSWORD if user else USERNAME}")
    if api_key:
        encoded = _encoded(api_key)
        plain = base64.b64decode(encoded).decode(errors="replace")
        return Credentials(f"ApiKey {encoded}", (encoded, plain, plain.partition(":")[2]), API_KEY)
    if user:
        if ":" in user:
            raise PushError(f"{USERNAME} contains a `:`, which is not allowed in a user name")
        # By hand, because the client accepts only ASCII.
        encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
        return Credentials(f"Basic {encoded}", (encoded, password), f"{USERNAME} and {PASSWORD}")
    return Credentials()


def _encoded(api_key: str) -> str:
    """Returns an API key in encoded form; the response that creates a key has both this form and its two parts."""
    if re.fullmatch(r"[!-9;-~]+:[!-~]+", api_key):
        return base64.b64encode(api_key.encode()).decode()
    try:
        if re.fullmatch(rb"[^:]+:.+", base64.b64decode(api_key, validate=True)):
            return api_key
    except ValueError:
        # Reported below.
        pass
    raise PushError(f"{API_KEY} is not an API key: use the `encoded` value from its creation, or `id:api_key`")
