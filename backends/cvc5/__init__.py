"""cvc5, the second SMT solver. Only this package imports cvc5, which the extra of that name installs."""

from importlib.util import find_spec


def available() -> bool:
    """Whether cvc5 is installed."""
    return find_spec("cvc5") is not None
