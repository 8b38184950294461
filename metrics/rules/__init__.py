"""One alert rule per file, found by looking in this folder."""
