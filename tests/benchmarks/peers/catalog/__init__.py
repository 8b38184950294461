"""One popular package per file; `facts.py` beside this folder says what a file declares."""
