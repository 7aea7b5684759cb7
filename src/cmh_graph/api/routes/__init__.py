"""The addresses below /v1, one module for each group of them; each gives router(framework)."""
