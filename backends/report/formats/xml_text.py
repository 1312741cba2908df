"""Text and attributes of JUnit's XML."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from ..caret_text import visible

# The characters that XML cannot represent and that `visible` does not replace.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def character_data(text: str) -> str:
    """Text between tags."""
    # Imported here because every run imports this module, few write XML, and the import is slow.
    from xml.sax.saxutils import escape

    return escape(_legal(text))


def attributes(**attributes: str) -> str:
    """The attributes of a tag, each with a blank before it."""
    from xml.sax.saxutils import quoteattr

    return "".join(f" {name}={quoteattr(_legal(value))}" for name, value in attributes.items())


def test_suite(name: str, cases: Sequence[str], **counts: str) -> str:
    """JUnit's XML: a suite of test cases, each as `test_case` gives it."""
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<testsuites{attributes(name='triggerfish', **counts)}>",
            f"<testsuite{attributes(name=name, **counts)}>",
            *cases,
            "</testsuite>",
            "</testsuites>\n",
        )
    )


def test_case(names: Mapping[str, str], *inner: str) -> str:
    """A test case: its class and name, and the elements inside it."""
    return "\n".join((f"<testcase{attributes(**names)}>", *inner, "</testcase>"))


def names_of(path: str) -> dict[str, str]:
    """The class of a test case, from the folder of a rule, and its name, from the file, because a rule's name may change or repeat."""
    found = PurePath(os.path.normpath(path))
    folders = [part for part in found.parts[:-1] if part not in (found.anchor, "..")]
    return {"classname": visible(".".join(folders) or "rules"), "name": visible(found.name)}


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
