"""What releases changed, for those who follow: people by an Atom feed, replicas by a Linked Data Event Stream.

members      what a release changed, as whole things
atom         one entry for each release
event_stream pages of members as TriG and JSON-LD
"""
