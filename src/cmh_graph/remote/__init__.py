"""A SPARQL 1.1 server that holds the graph in our place: CMH_STORE=sparql+https://user:password@host/path.

address      what CMH_STORE says: where to ask, write and keep graphs, and as whom
engines      what is known of servers: their addresses, their habits
connections  HTTP connections to that one server, used again and again; bounded answers; no redirects
server       the SPARQL Protocol and the Graph Store Protocol, with repetition of what is safe to repeat
content      a snapshot, and graphs beside it, as the graphs that the server holds
holdings     what the server holds: graphs named by content, written once, marked when whole
rewriting    a checked query -> the same query over those graphs
repairs      what a server answered -> terms as RDF has them
describing   DESCRIBE as our own engine has it
habits       what is put into a query for servers that evaluate some of SPARQL in their own way
asking       one query over one content, certainly whole
pool         RemotePool, the QueryPool of such a server
opening      which of the two pools a service gets

Why it is so: docs/decisions/0043-a-remote-store-holds-graphs-named-by-content.md."""
