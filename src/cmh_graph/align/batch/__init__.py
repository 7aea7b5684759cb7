"""Long lists -> tables of answers: millions of titles, most of them seen before.

    columns   what the tables hold
    reading   a file -> its rows, with the post that each names; the same reader as everywhere
    matching  different posts -> their candidates, in blocks
    steps     what is done and need not be done again
    writing   tables of answers -> files
    local     one machine: DuckDB for what does not fit, a process for each core
    spark     a cluster: the same functions through mapInPandas

The engines only carry: see docs/decisions/0039-long-lists-go-through-one-reader-and-one-matcher.md.
"""
