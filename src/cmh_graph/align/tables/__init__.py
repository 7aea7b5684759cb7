"""A file of posts -> rows with a title, and the rows that cannot be used with place and reason."""
