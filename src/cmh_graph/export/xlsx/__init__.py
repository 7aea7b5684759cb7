"""The edition as a workbook for people: readable sheets, names instead of keys, and a way back.

sheet   what a sheet is, and a column
sheets  which sheets there are, with their columns, as data
rows    the edition -> the rows of each sheet
names   things by the names that the workbook shows
cells   what a cell holds: statements -> texts and back
book    the rows -> an .xlsx file
notes   the first sheet, which says how to read the others
format  the format: written from an edition, read from a file
"""
