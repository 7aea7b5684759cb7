"""Memory of apps that are gone.

FastAPI remembers of every function behind a route whether it is a generator. Its caches keep the function alive, and
with it the app and the graph that it answers from. Where apps come and go they are emptied."""

from __future__ import annotations

import gc

from fastapi.dependencies import models


def forget_apps() -> None:
    """Let go of apps that nobody refers to any more. Takes a moment in which nothing else runs: call it seldom."""
    for value in list(vars(models).values()):
        if hasattr(value, "cache_clear"):
            value.cache_clear()
    # An app refers to itself in many ways, so counting references does not free it.
    gc.collect()
