"""Pages for people, at the addresses of the things they are about.

assets       stylesheets, scripts and icons
headers      what browsers may do with our pages
site         templates and values -> a page, kept in memory
wording      words in place of keys
routes       the addresses of pages
sitemap      what search engines ask for
linked_data  every IRI answers, as a page or as data
query        the addresses of the query page
completion   what its editor completes
reference    the addresses of the API reference
sample_answers  what addresses answer as examples
pages        what each kind of page shows
vendor       files of npm packages -> static/
"""
