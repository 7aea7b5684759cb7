"""A thing as a small page of its own, for a frame beside a spreadsheet: no script, nothing fetched, all escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from cmh_graph.framework import Framework
from cmh_graph.model import Thing
from cmh_graph.reconcile.entities import EntityType, type_of
from cmh_graph.reconcile.properties import PROPERTY, Property, properties_of, told, values_of

WIDTH: Final = 430
HEIGHT: Final = 300
#: What a browser lets these pages do: show their own text, in any frame.
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
_SHORT: Final = (
    "band",
    "level",
    "regulated",
    "family",
    "employer_type",
    "rolls_up_to",
    "group",
    "value_set",
    "standard",
    "means",
)
_MOST_VALUES: Final = 12
_STYLE: Final = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:10px;color:#1b1b1b;background:#fff}"
    "h1{font-size:1.15em;margin:0}p{margin:.4em 0}dl{margin:.4em 0;display:grid;"
    "grid-template-columns:max-content 1fr;gap:.1em .8em}dt{color:#505050}dd{margin:0}"
    ".note{color:#505050;font-size:.9em}"
)


def page(framework: Framework, thing: Thing, *, home: str, whole: bool = False) -> str:
    """The HTML page of a thing. home: the address of the service, for the link to its data.

    whole: every property and value, instead of the few that fit into WIDTH x HEIGHT."""
    type_ = type_of(thing)
    shown = properties_of(type_) if whole else [PROPERTY[name] for name in _SHORT]
    rows = "".join(
        _row(framework, thing, each, whole) for each in shown if each.id not in ("name", "definition")
    )
    parts = [
        f"<h1>{escape(thing.label)}</h1>",
        f'<p class="note">{escape(type_.name)}{_inferred(thing)}</p>',
        f"<p>{escape(thing.definition)}</p>" if thing.definition else "",
        f"<dl>{rows}</dl>" if rows else "",
        _says(thing),
        "".join(f'<p class="note">{escape(note)}</p>' for note in (*thing.notes, *_doubts(thing, whole))),
        _links(thing, type_, home, whole),
    ]
    return document(thing.label, "".join(parts))


def snippet(name: str, about: str) -> str:
    """A few words as HTML, for a flyout."""
    return f'<p style="margin:0"><strong>{escape(name)}</strong><br>{escape(about)}</p>'


def document(title: str, body: str) -> str:
    """A whole HTML document. body is HTML already."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<title>{escape(title)}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )


def _row(framework: Framework, thing: Thing, each: Property, whole: bool) -> str:
    names = [told(value) for value in values_of(framework, thing, each.id)]
    if not names:
        return ""
    cut = names if whole else names[:_MOST_VALUES]
    more = f" and {len(names) - len(cut)} more" if len(names) > len(cut) else ""
    fields = thing.says.inferred_fields if thing.says else ()
    mark = " (our judgement)" if _FIELD.get(each.id, each.id) in fields else ""
    return f"<dt>{escape(each.name)}</dt><dd>{escape('; '.join(cut) + more + mark)}</dd>"


#: Property -> the field of a thing that it shows, where the two are named differently.
_FIELD: Final = {
    "regulated": "is_regulated",
    "paid": "is_paid",
    "band": "bands",
    "employer_type": "employer_types",
    "setting": "settings",
}


def _inferred(thing: Thing) -> str:
    return " · our judgement" if thing.says and thing.says.is_inferred else ""


def _says(thing: Thing) -> str:
    if thing.says is None:
        return ""
    told = f"Who says it: {thing.says.status}"
    if thing.says.sources:
        told += f"; sources {', '.join(thing.says.sources)}"
    return f'<p class="note">{escape(told)}</p>'


def _doubts(thing: Thing, whole: bool) -> Iterable[str]:
    """Remarks that readers must be shown with the thing; in a small frame those about the thing itself."""
    for remark in thing.remarks:
        own = any(ref.key == thing.key and ref.kind != "class" for ref in remark.about)
        if whole or own:
            yield f"{remark.remark_kind}: {remark.text}"


def _links(thing: Thing, type_: EntityType, home: str, whole: bool) -> str:
    data = f"{home}/v1/{type_.collection}/{thing.key}"
    view = "" if whole else _link(f"{home}/reconcile/view/{type_.kind}/{thing.key}", "All we know")
    return f'<p class="note">{view}{_link(data, "Data")}<code>{escape(thing.iri)}</code></p>'


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}" target="_blank" rel="noopener">{escape(text)}</a> · '
