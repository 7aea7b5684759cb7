"""A visitor's files on the service: for how long they stay, who may open them, and what may be done with them.

tokens     the number in the cookie, the name of the folder, the token of forms
visit      one visitor's folder
register   all visits: how many, how large, until when
holds      locks between processes that share the folder
gate       which request belongs to which visit, and whether it comes from our own pages
upload     a form with a file, read as a stream
confine    what a process that reads a stranger's file may not do
runs       such processes: few at once, in order, ended when they must

Method: docs/decisions/0032-a-visitors-file-lives-in-one-folder.md. Nothing in here knows what the files are for.
"""
