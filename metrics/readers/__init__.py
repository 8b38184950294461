"""One input format per file, found by looking in this folder."""
