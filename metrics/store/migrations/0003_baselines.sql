-- What a cycle's outputs alone tell of how they were asked for, scored and embedded; made once, at ingest.
CREATE TABLE traits (lineage VARCHAR, cycle INTEGER, facts VARCHAR);

-- The share of the baseline's prompts that a cycle has, and how many cycles a baseline is to have.
ALTER TABLE standings ADD COLUMN shared DOUBLE DEFAULT 1.0;
ALTER TABLE standings ADD COLUMN wanted INTEGER DEFAULT 4;

-- The choice that a choice replaced, and the first cycle of a baseline that was accepted in spite of alerts.
ALTER TABLE baseline_history ADD COLUMN instead VARCHAR;
ALTER TABLE baseline_history ADD COLUMN accepted_cycle INTEGER;

-- An alert over which a person accepted a new baseline is kept as it was, whatever is judged again later.
ALTER TABLE alerts ADD COLUMN accepted_cycle INTEGER;
CREATE TABLE accepted_alerts AS SELECT * FROM alerts WHERE false;
