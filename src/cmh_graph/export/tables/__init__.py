"""The edition as tables, designed once as values; a writer for each file format renders them.

relation      what a table is, and the statements that its rows make
kinds         which things get a table
sorts         which values share a column
design        edition -> tables (docs/decisions/0023-tables-designed-once.md)
headings      titles and descriptions of tables and columns
literals      which literals a cell can hold, and as what value
csvw          tables <-> csv-metadata.json
data_package  tables -> datapackage.json
csv_set       CSV files beside their two descriptions
parquet       one Parquet file for each table
sqlite        one database; views gives what people ask of it
"""
