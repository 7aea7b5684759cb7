"""The partner space: what organisations publish beside the framework, kept so that nothing acknowledged is lost.

    space = PartnerSpace.open(Path("data"))
    space.add_organisation("northfield", "Northfield Trust (made up)", taken=framework_keys(iris))
    token, secret = space.add_token("northfield", may="write", label="workforce desk", days=365)
    holder = space.holder(secret)
    version = space.land("northfield", nquads, by=holder, how="PUT")

One folder holds one SQLite database (docs/decisions/0031-partner-space-in-one-file.md). What lands was judged before;
here it is bytes that are kept, numbered, shown to whom the organisation says, and recorded in a log that only grows.

space         PartnerSpace: organisations, who may see their graphs, the log
tokenholders  the part of it that makes, ends and recognises tokens
versions      the part of it that keeps contents: landings, roll-backs, removals
transactions  what those parts share
records       Organisation, Token, Holder, Operator, Version, Visibility, Entry
allowance     Allowance: how often a token may ask
keys          which keys and namespaces an organisation may have
tokens        secrets and their hashes
log           the chain of entries
replay        the state that the log tells of
provenance    the log as PROV
database      connections and transactions
folder        which database of the folder is in use
schema        the layout of the database
rows          records as sealed rows, and back
contents      N-Quads packed and unpacked, compared with their checksum
failures      what errors of SQLite and the file system mean
check         what is wrong with the stored data
backup        backup and restore while serving

What lands is judged first:

own_names      which IRIs an organisation may speak about
upload         the bytes of an upload -> its statements, or what is wrong with them
judge          an upload -> what would land
consequences   what the rules add to a graph
judge_process  the process that judges, with bounded memory and time
judges         the service's side of it
verdicts       what a judge says
"""

from __future__ import annotations

from .allowance import Allowance
from .keys import framework_keys
from .records import Entry, Holder, Operator, Organisation, Token, Version, Visibility
from .space import PartnerSpace

__all__ = [
    "Allowance",
    "Entry",
    "Holder",
    "Operator",
    "Organisation",
    "PartnerSpace",
    "Token",
    "Version",
    "Visibility",
    "framework_keys",
]
