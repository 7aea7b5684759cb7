"""How a stranger's file is opened: what kind it is, and reading it within limits (docs/decisions/0008).

kinds      the first bytes and the name -> what kind of file it is, or a refusal in words
encodings  bytes -> text, whatever the encoding
packed     members of a zip, as streams that end at a limit
markup     XML -> events, without entities and within limits
confined   a reader that runs in a process with limits of its own
limits     all of them, with units
"""
