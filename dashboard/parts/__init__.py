"""Pieces that several pages show: the page's frame, the status of a lineage, a chart, an acknowledgement."""
