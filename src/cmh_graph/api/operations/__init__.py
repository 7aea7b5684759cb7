"""What an operator needs around the service: request ids, logs, figures, limits, readiness, new snapshots, a clean end.

requests     one request as it is noted: its id, its route, its client
clients      addresses -> clients
limits       how much may be under way, for one client and for all
connections  how many connections there may be, and which goes when there are too many
measures     figures for Prometheus
logs         lines of text or JSON, without what visitors sent
readiness    /health and /ready
around       the layer that does this for each request
rollout      a new snapshot in place of the old one, without a failed request
forgetting   memory of apps that are gone
server       uvicorn with our signals and our end
"""
