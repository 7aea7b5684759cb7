"""What can go wrong, in words a catalogue owner can act on.

    CmhGraphError            what happened, where, how to mend it
    ├── SourceError          a file we were given cannot be used
    ├── BuildError           the graph could not be built; the last snapshot stands
    ├── StaleMappings        accepted mappings no longer say what was accepted; nothing is built
    ├── NoSnapshot           nothing has been built yet
    ├── UnknownThing         no role, skill, question ... has this key
    │   └── RetiredThing     one had it, and no single thing takes its place
    ├── BadParameter         a parameter is missing, of the wrong type or out of range
    ├── MissingProgram       an optional library or program is not installed
    ├── NotAcceptable        no format that the caller accepts is one we write
    ├── UnsupportedBody      a request body of a media type or charset we do not read
    ├── BodyTooLarge         a request body or query text over the limit
    ├── NotSignedIn          no token, or one that does not hold (any more)
    ├── NotAllowed           a token that holds, but not for this
    ├── Conflict             someone else changed it meanwhile; nothing was changed
    ├── Refused              an upload with findings: nothing of it landed
    ├── TooMany              too much at once or too often from one client; see Retry-After
    ├── DataFailed           the data folder cannot be read or written; nothing was lost
    │   └── DataDamaged      what is stored is not what was written: restore a backup
    ├── StoreUnavailable     the remote store does not answer, or not wholly; see Retry-After
    └── QueryRefused         a SPARQL query that we do not run
        ├── QuerySyntax      it does not parse
        ├── QueryForbidden   it would change data or fetch from elsewhere
        ├── QueryTooLong     it was stopped at the time or memory limit
        ├── AnswerTooLarge   its answer outgrew the row or byte limit
        ├── NotInThisStore   it needs what the remote store cannot do
        └── QueueFull        too many queries wait already

The command line prints these words; the API puts them in its one error body.
"""

from __future__ import annotations


class CmhGraphError(Exception):
    """Base of every error that is told to a user.

    what: what happened, a sentence without the final stop.
    where: the file, line, column, parameter or address it concerns; may be empty.
    mend: what the reader can do about it.
    """

    #: last part of the problem type IRI, https://w3id.org/cmh-graph/problem/{slug}
    slug = "error"
    #: HTTP status used by the API
    status = 500
    #: exit code used by the command line: 2 means "it could not run"
    exit_code = 2

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        parts = [self.what]
        if self.where:
            parts.append(f"  where: {self.where}")
        if self.mend:
            parts.append(f"  mend:  {self.mend}")
        return "\n".join(parts)

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders: keyword arguments must survive pickling.
        return (_rebuild, (type(self), self.what, self.where, self.mend))


def _rebuild(kind: type[CmhGraphError], what: str, where: str, mend: str) -> CmhGraphError:
    return kind(what, where=where, mend=mend)


class SourceError(CmhGraphError):
    slug = "unusable-source"
    status = 422


class BuildError(CmhGraphError):
    slug = "build-failed"


class StaleMappings(CmhGraphError):
    slug = "stale-mappings"
    status = 409
    exit_code = 1


class NoSnapshot(CmhGraphError):
    slug = "no-snapshot"
    status = 503


class UnknownThing(CmhGraphError):
    slug = "not-found"
    status = 404


class RetiredThing(UnknownThing):
    """successors: the IRIs of what a reader may choose from instead."""

    slug = "retired"
    status = 410
    successors: tuple[str, ...] = ()


class BadParameter(CmhGraphError):
    slug = "bad-parameter"
    status = 400


class MissingProgram(CmhGraphError):
    slug = "missing-program"
    status = 501


class NotAcceptable(CmhGraphError):
    slug = "not-acceptable"
    status = 406


class UnsupportedBody(CmhGraphError):
    slug = "unsupported-body"
    status = 415


class BodyTooLarge(CmhGraphError):
    slug = "body-too-large"
    status = 413


class NotSignedIn(CmhGraphError):
    slug = "not-signed-in"
    status = 401


class NotAllowed(CmhGraphError):
    slug = "not-allowed"
    status = 403


class Conflict(CmhGraphError):
    slug = "conflict"
    status = 412
    exit_code = 1


class Refused(CmhGraphError):
    """findings: what is wrong, each as plain data with what, where and mend."""

    slug = "refused"
    status = 422
    exit_code = 1
    findings: tuple[dict[str, str], ...] = ()


class TooMany(CmhGraphError):
    """seconds: how long to wait before trying again."""

    slug = "too-many"
    status = 429
    seconds: int = 1


class DataFailed(CmhGraphError):
    slug = "data-failed"
    status = 503


class DataDamaged(DataFailed):
    slug = "data-damaged"


class StoreUnavailable(CmhGraphError):
    """seconds: how long to wait before trying again."""

    slug = "store-unavailable"
    status = 503
    seconds: int = 5


class QueryRefused(CmhGraphError):
    slug = "query-refused"
    status = 400


class QuerySyntax(QueryRefused):
    slug = "query-syntax"


class QueryForbidden(QueryRefused):
    slug = "query-forbidden"


class QueryTooLong(QueryRefused):
    slug = "query-too-long"
    status = 503


class AnswerTooLarge(QueryRefused):
    slug = "answer-too-large"
    status = 413


class NotInThisStore(QueryRefused):
    slug = "not-in-this-store"
    status = 501


class QueueFull(QueryRefused):
    slug = "queue-full"
    status = 429
