"""Reports as pages that print well: what was found -> one HTML file that needs nothing else.

page       the templates' surroundings: escaping, style, marks
alignment  report.html of `cmh-graph align`
catalogue  rationalise.html and coverage.html
comparison an advert beside a description
templates  the pages; style.css stands inside each page
"""
