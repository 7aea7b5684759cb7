"""Questions with a name: list them, show one, ask one."""

from fastapi import APIRouter

from cmh_graph.framework import Framework


def router(framework: Framework) -> APIRouter:
    """The addresses of questions."""
    return APIRouter()
