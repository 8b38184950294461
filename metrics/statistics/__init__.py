"""One statistic per file, found by looking in this folder: what a user's rule compares with its line."""
