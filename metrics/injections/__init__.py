"""One kind of narrowing per file, found by looking in this folder."""
