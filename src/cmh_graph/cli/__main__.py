"""python -m cmh_graph.cli."""

from . import main

main()
