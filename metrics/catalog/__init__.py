"""One metric per file, found by looking in this folder."""
