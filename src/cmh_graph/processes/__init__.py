"""Processes that do what may fail badly, each with as little as it needs.

forks   a warm process that forks a child for each task
warm    such a process, seen from the serving one
limits  what such a process gives up: memory, files, its life when its parent dies
calls   system calls and files that it may no longer use
told    an error, as one process tells it to another
frames  messages with a body, between the serving process and a child
handed  bytes for another process
"""
