"""What packages offer is there, whichever of their modules was imported before."""

from __future__ import annotations

import importlib
import types
from pathlib import Path

import pytest

import cmh_graph

_SOURCE = Path(cmh_graph.__file__).parent
_PACKAGES = sorted(
    f"cmh_graph.{file.parent.name}"
    for file in _SOURCE.glob("*/__init__.py")
    if "on_demand(" in file.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", _PACKAGES)
def test_each_name_is_what_it_says_after_all_modules_are_imported(name: str) -> None:
    package = importlib.import_module(name)
    for module in Path(str(package.__file__)).parent.glob("*.py"):
        if not module.stem.startswith("__"):
            importlib.import_module(f"{name}.{module.stem}")
    assert package.__all__
    for offered in package.__all__:
        # A module of the same name would have taken its place.
        assert not isinstance(getattr(package, offered), types.ModuleType), offered


def test_a_name_that_is_not_offered_is_told_as_python_does() -> None:
    with pytest.raises(AttributeError, match=r"module 'cmh_graph\.align' has no attribute 'nothing'"):
        _ = cmh_graph.align.nothing  # type: ignore[attr-defined]
