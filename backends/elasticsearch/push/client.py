"""Elasticsearch client: wraps the official one and classifies its exceptions by how to react to them."""

from __future__ import annotations

import ssl
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import elasticsearch

from ....compiler.file_input import reason
from .address import API_KEY, PASSWORD, USERNAME, Address
from .backoff import Backoff, seconds_to_wait
from .load import Answer
from .problems import LATER, PushError, TooLarge, Unavailable

_TIMEOUT = 60.0
_LONGEST_REASON = 400
_WANTED = ("items.*.status", "items.*.error.type", "items.*.error.reason", "items.*.error.caused_by")
_UNKNOWN_AUTHORITY = frozenset({18, 19, 20, 21})
"""Of OpenSSL's X509_V_ERR: self-signed, by itself or in the chain, and issuers that are not found."""
_PRODUCT = "x-elastic-product"

Result = TypeVar("Result")


class Client:
    """Sends requests, each of them once.

    Args:
        address: where to, and with which credentials.
        authorities: a PEM file of certificates to trust instead of the publicly trusted ones.
        warn: called with each warning of the server, once.

    Raises:
        PushError: the file of certificates cannot be used.
    """

    def __init__(self, address: Address, authorities: str | None, warn: Callable[[str], None]) -> None:
        self.url = address.url
        self._credentials = address.credentials
        self._warn = warn
        self._warned: set[str] = set()
        self._trusted = None if authorities is None else _checked(authorities)
        self._client = self._made()

    def _made(self) -> elasticsearch.Elasticsearch:
        # The client treats an argument of None as given.
        trusted: dict[str, Any] = {} if self._trusted is None else {"ca_certs": self._trusted}
        headers = {} if self._credentials.header is None else {"authorization": self._credentials.header}
        return elasticsearch.Elasticsearch(self.url, headers=headers, request_timeout=_TIMEOUT, max_retries=0, **trusted)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def greet(self, backoff: Backoff) -> None:
        """Check that the server is Elasticsearch and accepts the credentials.

        Raises:
            PushError: it is not, does not, or cannot be reached.
        """
        backoff.until_done(self._greet)

    def put_template(self, name: str, body: Mapping[str, Any]) -> None:
        """Create or replace an index template.

        Raises:
            Unavailable: the request may succeed later.
            PushError: the request is rejected.
        """
        try:
            self._asked(lambda: self._client.indices.put_index_template(name=name, body=dict(body)))
        except elasticsearch.ApiError as error:
            raise PushError(f"{self.url} refuses the index template `{name}`: {self._said(error)}") from None

    def bulk(self, lines: bytes, documents: int) -> list[Answer]:
        """See `BulkClient`."""
        operations: list[Any] = [lines]
        try:
            body = self._asked(lambda: self._client.bulk(operations=operations, filter_path=_WANTED).body)
        except elasticsearch.ApiError as error:
            if error.meta.status == 413:
                raise TooLarge(self._said(error)) from None
            raise PushError(f"{self.url} refuses to load documents: {self._said(error)}") from None
        items = body.get("items") if isinstance(body, dict) else None
        if not isinstance(items, list) or len(items) != documents:
            raise PushError(f"{self.url} returned an invalid response to a bulk request of {documents}")
        return [self._answer(item) for item in items]

    def _greet(self) -> None:
        # A separate client, so that no connection is idle, or shared with other processes, while rules are compiled.
        client = self._made()
        try:
            self._asked(client.info)
        except _ConnectionFailed as error:
            # Not retried: nothing has been sent yet, and usually the URL is wrong.
            hint = "; is it https?" if self.url.startswith("http:") and error.closed else ""
            raise PushError(f"cannot reach {self.url}: {error.said}{hint}") from None
        except elasticsearch.ApiError as error:
            self._judge(error)
        finally:
            client.close()

    def _judge(self, error: elasticsearch.ApiError) -> None:
        """Raises the error of a greeting, unless it only says that these credentials may not read the version."""
        status, said = error.meta.status, self._said(error)
        names = self._credentials.names
        if status == 401 and names:
            raise PushError(f"{self.url} does not accept {names}: {said}")
        if status == 401:
            raise PushError(f"{self.url} requires credentials: set {API_KEY}, or {USERNAME} and {PASSWORD}")
        if "media_type_header_exception" in said:
            major = elasticsearch.__version__[0]
            raise PushError(
                f"{self.url} is older than the installed `elasticsearch` package ({major}.x): pip install 'elasticsearch<{major}'"
            )
        if error.meta.headers.get(_PRODUCT) != "Elasticsearch":
            raise PushError(f"{self.url} is not Elasticsearch, or a proxy failed to reach it: {said}")
        if status != 403:
            raise PushError(f"{self.url} is not the URL of an Elasticsearch API: {said}")

    def _asked(self, send: Callable[[], Result]) -> Result:
        """Sends a request and returns its response.

        Raises:
            Unavailable: it may succeed later.
            PushError: it will not succeed.
            elasticsearch.ApiError: the server returned another error.
        """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", elasticsearch.ElasticsearchWarning)
            try:
                return send()
            except elasticsearch.SSLError as error:
                cause = _cause(error)
                # Certificate errors of OpenSSL and urllib3 are ValueErrors; connection errors are not.
                if isinstance(cause, ValueError):
                    raise PushError(f"the certificate of {self.url} is not trusted: {_distrust(cause)}") from None
                raise _ConnectionFailed(self.url, cause) from None
            except elasticsearch.ConnectionTimeout:
                raise _ConnectionFailed(self.url, TimeoutError("the request timed out")) from None
            except elasticsearch.ConnectionError as error:
                raise _ConnectionFailed(self.url, _cause(error)) from None
            except elasticsearch.SerializationError:
                # A truncated response is not valid JSON.
                raise Unavailable(f"{self.url} returned an incomplete response") from None
            except elasticsearch.UnsupportedProductError:
                raise PushError(f"{self.url} is not Elasticsearch: its response has no `X-Elastic-Product` header") from None
            except elasticsearch.ApiError as error:
                if error.meta.status in LATER:
                    wait = seconds_to_wait(error.meta.headers.get("retry-after"), time.time())
                    raise Unavailable(f"{self.url} answers {self._said(error)}", wait) from None
                raise
            finally:
                for warning in caught:
                    self._pass_on(str(warning.message))

    def _pass_on(self, warning: str) -> None:
        if warning not in self._warned:
            self._warned.add(warning)
            self._warn(f"{self.url} warns: {self._shown(warning)}")

    def _said(self, error: elasticsearch.ApiError) -> str:
        """Describes an error response: its status, and the type and reason of the error if given."""
        body = error.body.get("error") if isinstance(error.body, dict) else None
        reason = self._reason(body) if isinstance(body, dict) else ""
        kind = body.get("type", "") if isinstance(body, dict) else ""
        return self._shown(": ".join(filter(None, (f"{error.meta.status} {kind}".strip(), reason))))

    def _answer(self, item: Mapping[str, Any]) -> Answer:
        ((_, said),) = item.items()
        error = said.get("error") or {}
        return Answer(said["status"], self._shown(str(error.get("type", ""))), self._shown(self._reason(error)))

    def _reason(self, error: Mapping[str, Any]) -> str:
        reasons: list[str] = []
        cause: Any = error
        while isinstance(cause, dict):
            if cause.get("reason") and str(cause["reason"]) not in reasons:
                reasons.append(str(cause["reason"]))
            cause = cause.get("caused_by")
        return ": ".join(reasons)

    def _shown(self, text: str) -> str:
        # A truncated value may end with a lone surrogate, which cannot be encoded.
        shown = " ".join(self._credentials.hide(text).encode(errors="replace").decode().split())
        return shown if len(shown) <= _LONGEST_REASON else f"{shown[:_LONGEST_REASON]}…"


class _ConnectionFailed(Unavailable):
    """The connection failed or was interrupted.

    Attributes:
        said: the reason in a few words, without details that vary between attempts.
        closed: whether the server closed it.
    """

    def __init__(self, url: str, cause: BaseException) -> None:
        said = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
        self.said = said[:1].lower() + said[1:]
        self.closed = isinstance(cause, ConnectionError) and not isinstance(cause, ConnectionRefusedError)
        super().__init__(f"{url}: {self.said}")


def _checked(authorities: str) -> str:
    try:
        ssl.create_default_context(cafile=authorities)
    except ssl.SSLError:
        raise PushError(f"`{authorities}` holds no certificates in PEM form") from None
    except OSError as error:
        raise PushError(f"cannot read `{authorities}`: {reason(error)}") from None
    return authorities


def _distrust(error: ValueError) -> str:
    """Describes a certificate error, with a hint if the authority is unknown."""
    if not isinstance(error, ssl.SSLCertVerificationError):
        return str(error)
    hint = "; pass the certificate of its authority with --push-ca" if error.verify_code in _UNKNOWN_AUTHORITY else ""
    return error.verify_message.strip().rstrip(".") + hint


def _cause(error: BaseException) -> BaseException:
    """Returns the innermost error; the outer ones only say which part of the client raised it."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error
