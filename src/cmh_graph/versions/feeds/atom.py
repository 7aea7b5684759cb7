"""Releases -> an Atom feed (RFC 4287): one entry for each, the latest first, with its changes as escaped HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Final
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cmh_graph.namespaces import BASE
from cmh_graph.versions.change import Change, count_classes
from cmh_graph.versions.releases import Release, Releases
from cmh_graph.versions.semver import CLASSES

_ATOM: Final = "http://www.w3.org/2005/Atom"
#: The feed and the event stream are two forms of one thing: what changed.
CHANGES: Final = BASE + "changes"
_TITLE: Final = "Community mental health roles, skills and careers: changes"
_LICENCE: Final = "https://creativecommons.org/licenses/by/4.0/"
#: Entries in the feed, and changes written out in one entry: all are at the addresses that the feed links to.
_MOST_ENTRIES: Final = 50
_MOST_CHANGES: Final = 200
#: What XML 1.0 cannot hold.
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_atom(releases: Releases) -> bytes:
    """The feed; addresses in it are relative to the host that serves it. Raises SourceError for a broken release."""
    known = [releases.release(version) for version in reversed(releases.versions)][:_MOST_ENTRIES]
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _text(feed, "id", CHANGES)
    _text(feed, "title", _TITLE)
    # A feed must state a date; one without releases has none of its own.
    _text(feed, "updated", _instant(max((one.issued for one in known), default="1970-01-01")))
    _text(SubElement(feed, "author"), "name", "cmh-graph")
    _text(feed, "rights", f"CC BY 4.0, {_LICENCE}")
    _link(feed, "self", "/v1/changes.atom", "application/atom+xml")
    _link(feed, "alternate", "/v1/releases", "application/json")
    _link(feed, "license", _LICENCE)
    for release in known:
        _entry(feed, release, releases.changes(release.version))
    indent(feed)
    body: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _entry(feed: Element, release: Release, changes: Sequence[Change]) -> None:
    entry = SubElement(feed, "entry")
    _text(entry, "id", f"{BASE}release/{release.version}")
    _text(entry, "title", f"{release.version}: {_summary(release, changes)}")
    for name in ("published", "updated"):
        _text(entry, name, _instant(release.issued))
    page = f"/v1/releases/{release.version}"
    if release.previous:
        page = f"/v1/changes?{urlencode({'since': release.previous, 'until': release.version})}"
    _link(entry, "alternate", page, "application/json")
    _link(entry, "related", f"/v1/roles?{urlencode({'version': release.version})}", "application/json")
    for class_, count in count_classes(changes).items():
        if count:
            SubElement(entry, "category", {"term": class_})
    content = _text(entry, "content", _html(release, changes))
    content.set("type", "html")


def _summary(release: Release, changes: Sequence[Change]) -> str:
    counts = [f"{count} {class_}" for class_, count in count_classes(changes).items() if count]
    return ", ".join(counts) or ("no change" if release.previous else "the first release")


def _html(release: Release, changes: Sequence[Change]) -> str:
    """The changes of a release as HTML, gravest first; every text of the data is escaped."""
    if not release.previous:
        return "<p>The first release. There is nothing to compare it with.</p>"
    parts, shown = [], changes[:_MOST_CHANGES]
    for class_ in CLASSES:
        items = [_item(one) for one in shown if one.class_ == class_]
        if items:
            parts.append(f"<h3>{class_.capitalize()}</h3><ul>{''.join(items)}</ul>")
    if len(changes) > len(shown):
        asked = escape(urlencode({"since": release.previous, "until": release.version}))
        parts.append(f'<p><a href="/v1/changes?{asked}">All {len(changes)} changes</a></p>')
    return "".join(parts) or "<p>Nothing changed.</p>"


def _item(change: Change) -> str:
    what = change.property or change.event
    said = [f"<b>{escape(change.kind)} {escape(change.name)}</b>, {escape(what)}: {escape(change.why)}"]
    for label, values in (("Was", change.before), ("Now", change.after)):
        if values:
            said.append(f"{label}: {escape('; '.join(values))}")
    return f"<li>{'<br>'.join(said)}</li>"


def _text(parent: Element, name: str, text: str) -> Element:
    found = SubElement(parent, name)
    found.text = _NOT_XML.sub("\ufffd", text)
    return found


def _link(parent: Element, rel: str, href: str, media_type: str = "") -> None:
    SubElement(parent, "link", {"rel": rel, "href": href, **({"type": media_type} if media_type else {})})


def _instant(day: str) -> str:
    """The first moment of a day, as RFC 3339 writes it; a release states its day alone."""
    return f"{day}T00:00:00Z"
