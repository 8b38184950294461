CREATE TABLE meta (key VARCHAR PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO meta VALUES ('revision', 0);

-- data_revision moves with everything that a measurement rests on, so that a verdict made from data that
-- changed meanwhile is never written.
CREATE TABLE lineages (
    lineage VARCHAR PRIMARY KEY, created_at TIMESTAMP NOT NULL, data_revision BIGINT NOT NULL,
    measured_revision BIGINT NOT NULL, baseline VARCHAR, reference_digest VARCHAR
);
CREATE TABLE baseline_history (lineage VARCHAR, pinned_at TIMESTAMP, baseline VARCHAR, note VARCHAR);

CREATE TABLE cycles (
    lineage VARCHAR, cycle INTEGER, label VARCHAR, checkpoint VARCHAR, parent INTEGER, mix VARCHAR,
    decoding VARCHAR, scorer VARCHAR, encoder VARCHAR, notes VARCHAR, source VARCHAR,
    digest VARCHAR NOT NULL, outputs INTEGER NOT NULL, rejected INTEGER NOT NULL, ingested_at TIMESTAMP,
    PRIMARY KEY (lineage, cycle)
);
CREATE TABLE outputs (
    lineage VARCHAR, cycle INTEGER, example_id VARCHAR, sample INTEGER, seed INTEGER, prompt VARCHAR,
    output VARCHAR, reference VARCHAR, label VARCHAR, prediction VARCHAR, finish_reason VARCHAR,
    error VARCHAR, score DOUBLE, logprob DOUBLE, weight DOUBLE, embedding FLOAT[], verified BOOLEAN,
    slices VARCHAR, metadata VARCHAR, example_key BIGINT
);
CREATE TABLE rejects (lineage VARCHAR, cycle INTEGER, row INTEGER, reason VARCHAR, raw VARCHAR);
CREATE TABLE reference_outputs (
    lineage VARCHAR, example_id VARCHAR, output VARCHAR, label VARCHAR, weight DOUBLE, embedding FLOAT[],
    slices VARCHAR
);

CREATE TABLE comparisons (lineage VARCHAR, comparison VARCHAR, facts VARCHAR, PRIMARY KEY (lineage, comparison));
CREATE TABLE standings (
    lineage VARCHAR, cycle INTEGER, segment INTEGER, comparison VARCHAR, baseline INTEGER[], complete BOOLEAN,
    note VARCHAR, PRIMARY KEY (lineage, cycle)
);
CREATE TABLE metric_values (
    lineage VARCHAR, cycle INTEGER, slice VARCHAR, metric VARCHAR, version INTEGER, comparison VARCHAR,
    status VARCHAR, value DOUBLE, raw DOUBLE, low DOUBLE, high DOUBLE, n DOUBLE, step DOUBLE,
    replicates DOUBLE[], note VARCHAR
);

CREATE TABLE rules (id VARCHAR PRIMARY KEY, lineage VARCHAR, kind VARCHAR, options VARCHAR, created_at TIMESTAMP);
CREATE TABLE verdicts (
    lineage VARCHAR, cycle INTEGER, status VARCHAR, quality VARCHAR, since_cycle INTEGER,
    quality_since INTEGER, message VARCHAR, findings VARCHAR, PRIMARY KEY (lineage, cycle)
);
CREATE TABLE alerts (
    id VARCHAR PRIMARY KEY, lineage VARCHAR, rule VARCHAR, metric VARCHAR, slice VARCHAR, severity VARCHAR,
    since_cycle INTEGER, first_cycle INTEGER, last_cycle INTEGER, resolved_cycle INTEGER, message VARCHAR,
    evidence VARCHAR
);
-- A person's word about an alert outlives every recomputation of it.
CREATE TABLE acknowledgements (id VARCHAR PRIMARY KEY, acknowledged_at TIMESTAMP, note VARCHAR);
-- What was really said at the time, whatever is recomputed later.
CREATE TABLE alert_log (said_at TIMESTAMP, lineage VARCHAR, alert VARCHAR, event VARCHAR, cycle INTEGER, message VARCHAR);
