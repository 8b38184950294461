"""One chart per file: a frame in, a plotly figure out."""
