-- Metric values that came as such, with no outputs behind them.
CREATE TABLE aggregates (
    lineage VARCHAR, cycle INTEGER, metric VARCHAR, slice VARCHAR, value DOUBLE, stderr DOUBLE, n DOUBLE,
    healthy VARCHAR, family VARCHAR
);

-- What an agent did, step by step.
ALTER TABLE outputs ADD COLUMN actions VARCHAR[];
ALTER TABLE reference_outputs ADD COLUMN actions VARCHAR[];

-- What drift from the pinned reference is measured against.
ALTER TABLE reference_outputs ADD COLUMN prediction VARCHAR;
ALTER TABLE reference_outputs ADD COLUMN score DOUBLE;
ALTER TABLE reference_outputs ADD COLUMN logprob DOUBLE;

-- Where there are no replicates, the standard error that was given; and how often types were seen, with how
-- many types were seen so often, so that any comparison size can be had later.
ALTER TABLE metric_values ADD COLUMN stderr DOUBLE;
ALTER TABLE metric_values ADD COLUMN spread_seen INTEGER[];
ALTER TABLE metric_values ADD COLUMN spread_types BIGINT[];
