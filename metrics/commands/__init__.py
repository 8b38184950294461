"""One command per file, found by looking in this folder."""
