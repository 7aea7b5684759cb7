"""Queries from strangers: checked, run within limits, and answered whole.

tokens       the text of a query as tokens
guard        what is refused before any engine sees it
formats      what answers are written in, and which of that a request gets
pool         QueryPool, which answers queries over one content, whoever holds the graph
refusals     why a query is not answered just now
kept         answers kept while the content stays the same
worker_pool  WorkerPool, the QueryPool of processes that can be stopped
turns        which query has a worker, and for how long
places       how many may run at once, and who yields
generation   one snapshot in a process, and the workers forked from it
worker       one of them, seen from the serving process
zygote       that process, from inside
held         the graph as it holds it: in memory or on disk
answers      one query evaluated and written, inside a worker
functions    what queries may call besides SPARQL's own
description  what the endpoint says of itself
"""
