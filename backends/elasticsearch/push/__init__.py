"""Documents into Elasticsearch. Only `client` imports the `elasticsearch` package, which the extra of that name installs."""

from importlib.util import find_spec


def available() -> bool:
    """Whether the client of Elasticsearch is installed."""
    return find_spec("elasticsearch") is not None
