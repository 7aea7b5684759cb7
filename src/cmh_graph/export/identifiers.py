"""The identifiers that other formats want, made from our IRIs, so that they never change between builds."""

from __future__ import annotations

import uuid


def uuid_of(iri: str) -> str:
    """The UUID of one of our things: version 5 (RFC 9562) in the URL namespace, of its IRI."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, iri))


def ctid_of(iri: str) -> str:
    """The Credential Transparency Identifier of one of our things: "ce-" and its UUID."""
    return f"ce-{uuid_of(iri)}"
