"""Partners' graphs over HTTP, by the SPARQL 1.1 Graph Store HTTP Protocol and a little beside it.

access           who may do what with which graph; what may not be seen is as if it were not there
preconditions    ETags, If-Match and If-None-Match
forms            a graph in the formats of RDF
changes          uploads judged, landed and shown; removal, rollback, visibility
"""
