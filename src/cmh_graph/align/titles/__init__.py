"""One job title -> the framework roles it may mean, in small steps whose values can be printed.

title_parts    a title -> its core words; band, hours, shift, contract kept as fields
abbreviations  core words -> the short forms written out, by what stands around them
readings       what is written out -> readings, the likeliest first
candidates     readings -> the labels worth scoring
vectors        words -> a vector of their meaning
score          a reading and a label -> features, one score, a confidence
rerank         features -> score, with coefficients that were learned
zones          scored roles -> accept, review or none
explain        the `why` in plain words
aligner        all of it, in order
evaluate       decisions and right answers -> accuracy, precision, recall
"""
