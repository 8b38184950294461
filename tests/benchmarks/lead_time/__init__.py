"""The early warning's benchmark: series of models that are really retrained, made once and kept on disk."""
