"""The things of a store that are asked for while they are being read.

To read all takes a second for each ten thousand statements or so; to read one takes some milliseconds. So one that is
asked for by its key is read by itself until all are there, and whoever needs them all waits for that."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from dataclasses import fields
from threading import Lock
from typing import TypeVar

from cmh_graph.model import Key, Thing
from cmh_graph.reading import Catalogue, read
from cmh_graph.store import Store

_T = TypeVar("_T", bound=Thing)


class Reading:
    """The reading of one store.

    now: the things as far as they are there: each read when it is asked for, and once finish() is done all of them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self.is_finished = False
        self.now: Catalogue = read(store, as_asked=True)

    def finish(self) -> Catalogue:
        """All things, read now if they are not yet. May be called in a thread."""
        if not self.is_finished:
            with self._lock:
                if not self.is_finished:
                    self.now = read(self._store)
                    self.is_finished = True
        return self.now


class Meanwhile(Mapping[Key, _T]):
    """The things of one kind, by their key."""

    def __init__(self, name: str, reading: Reading) -> None:
        """name: of the kind, as a field of the catalogue."""
        self._name, self.reading = name, reading

    def __getitem__(self, key: Key) -> _T:
        found: _T = getattr(self.reading.now, self._name)[key]
        return found

    def __contains__(self, key: object) -> bool:
        return key in getattr(self.reading.now, self._name)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._all())

    def __len__(self) -> int:
        # Where they are not read, they are counted by their class.
        return len(getattr(self.reading.now, self._name))

    def keys(self) -> KeysView[Key]:
        return self._all().keys()

    def values(self) -> ValuesView[_T]:
        return self._all().values()

    def items(self) -> ItemsView[Key, _T]:
        return self._all().items()

    def _all(self) -> Mapping[Key, _T]:
        found: Mapping[Key, _T] = getattr(self.reading.finish(), self._name)
        return found


def read_meanwhile(store: Store) -> Catalogue:
    """The things of a store, of which none has been read yet."""
    reading = Reading(store)
    return Catalogue(**{each.name: Meanwhile(each.name, reading) for each in fields(Catalogue)})
