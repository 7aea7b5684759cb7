"""The W3C Reconciliation Service API 0.2: what OpenRefine and its like ask of a catalogue, over one framework.

entities.py says what can be matched and how it is named, queries.py reads a batch, matching.py finds candidates,
properties.py says what is known of things, extend.py fetches it, suggest.py completes what people type, preview.py
shows a thing, manifest.py tells it all. Nothing here knows of HTTP: that is cmh_graph.api.reconcile.
"""
