"""Real sample data: evals of a small model retrained on its own output, and the code that made them."""
