-- The last time that the alarm bell was pressed, and what the lineage held then.
CREATE TABLE selftests (lineage VARCHAR PRIMARY KEY, made_at TIMESTAMP, data_revision BIGINT, result VARCHAR);
