"""What the common form of measurements is made of; scripts use benchmarks/record.py.

lines     a measured line, its ratio and whether it is met; growth over scales
machine   the machine, its other work, versions, the commit
page      a part's results as Markdown
plots     ratios and growth as SVG
baseline  what was committed, and what moved
"""
