"""Text from a feed, made harmless: no markup, no control characters, no e-mail address or phone number."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Final

#: What stands where an address or a number of a person stood.
LEFT_OUT: Final = "[contact left out]"
_EMAIL: Final = re.compile(
    r"(?:mailto:)?[A-Za-z0-9._%+'-]{1,64}(?:\s?(?:@|\[at\]|\(at\))\s?)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
)
_PHONE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:tel:)?(?:\+44|0044|0)[\s().–-]{0,3}[0-9](?:[\s().–-]{0,3}[0-9]){8,10}(?![0-9])"
)
_FOREIGN: Final = re.compile(r"(?<![0-9A-Za-z])(?:tel:)?\+[1-9](?:[\s().–-]{0,3}[0-9]){9,13}(?![0-9])")
_NHS_OR_NI: Final = re.compile(
    r"(?<!\d)\d{3}[ -]\d{3}[ -]\d{4}(?!\d)|\b[A-CEGHJ-PR-TW-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b"
)
_BLOCKS: Final = frozenset(
    ("p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table", "section",
     "article", "header", "footer", "dt", "dd", "hr", "blockquote")
)  # fmt: skip
#: Elements that go with all they hold.
_UNSEEN: Final = frozenset(
    ("script", "style", "template", "noscript", "iframe", "object", "svg", "math", "head", "title", "textarea",
     "select", "button", "form")
)  # fmt: skip
_TAG: Final = re.compile(r"<[a-zA-Z/!][^<>]{0,2000}>")
_ELEMENT: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})([^<>]{0,2000})>")
_ESCAPED_TAG: Final = re.compile(r"&lt;/?[a-zA-Z][^<>&]{0,200}&gt;")


def _without_tags(text: str) -> str:
    """The text between tags, in time that grows with its length: a parser of the library takes squares of it."""
    first, *rest = text.split("<!--")
    text = first + " ".join(part.partition("-->")[2] for part in rest)
    parts, unseen, at = [], "", 0
    for match in _ELEMENT.finditer(text):
        closing, tag = bool(match[1]), match[2].lower()
        if not unseen:
            parts.append(text[at : match.start()])
        if unseen:
            unseen = "" if closing and tag == unseen else unseen
        elif tag in _UNSEEN and not closing and not match[3].endswith("/"):
            unseen = tag
        elif tag in _BLOCKS:
            parts.append("\n• " if tag == "li" and not closing else "\n")
        at = match.end()
    return "".join([*parts, "" if unseen else text[at:]])


def plain(text: str) -> str:
    """The characters of a text that can be seen: no control, format or unpaired ones; line breaks stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        " " if char in "\t\u00a0" else char
        for char in text.replace("\r\n", "\n").replace("\r", "\n")
        if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )


def text_of_html(text: str) -> str:
    """The words of some HTML, or of plain text, with a line for each block. Scripts and styles go with their content.

    Markup that was escaped on its way ("&lt;p&gt;") is read once more, and no tag is left in the end."""
    for _ in range(2):
        if not (_TAG.search(text) or _ESCAPED_TAG.search(text)):
            break
        text = html.unescape(_without_tags(text))
    text = html.unescape(text)
    text = plain(_TAG.sub(" ", text))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def one_line(text: str, longest: int = 300) -> str:
    """The words of some HTML or text as one line, cut at `longest` characters, contacts left out."""
    said = without_contacts(" ".join(text_of_html(text[: longest * 10]).split()))
    return said if len(said) <= longest else said[: longest - 1].rstrip() + "…"


def without_contacts(text: str) -> str:
    """The text with LEFT_OUT in place of e-mail addresses, phone numbers, NHS and National Insurance numbers."""
    for pattern in (_EMAIL, _PHONE, _FOREIGN, _NHS_OR_NI):
        text = pattern.sub(LEFT_OUT, text)
    return text


def has_contact(text: str) -> bool:
    """Whether something would be left out of a text."""
    return any(pattern.search(text) for pattern in (_EMAIL, _PHONE, _FOREIGN, _NHS_OR_NI))
