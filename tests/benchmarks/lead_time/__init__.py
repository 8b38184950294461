"""The early warning's benchmark: series of models that are really retrained, made once and kept on disk.

- `worlds/`: real texts with classes, and for each a classifier and a generator;
- `regimes.py`: what each cycle is trained on and how it is asked, as data;
- `settings.py`: how many prompts and cycles, how unsteady the retrains; each changes one thing;
- `parts.py`, `training.py`, `asking.py`: who is held out, the recursion, the eval;
- `memory.py`, `packing.py`: a store without a file, so that the product's own engine measures and places
  the cycles; and what of it is kept;
- `series.py`: the whole of it, and the cache under `.bench/lead_time`;
- `noise.py`: how unsteady the healthy series really are;
- `contenders/`: the rules that are set side by side, one per file;
- `lines.py`, `outcomes.py`, `table.py`, `markdown.py`: what they saw, what each said, and the tables;
- `plan.py`, `provenance.py`, `making.py`, `kept.py`: what is reported, by what code, and what is done of it;
- `report.py`, `readme.py`: the report, into the tables that ship (`metrics/lead_time*.csv`) and the README.

Only the setting `sliced` has slices, and only what a verdict reads is measured: the metrics that vote, mean
score, and recall by class. Of single rows the scores are kept, for the drift tests. Vectors come with the
outputs; they are the default encoder's.
"""
