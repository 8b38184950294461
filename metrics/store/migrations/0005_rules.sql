-- What a rule was before it was changed or deleted.
CREATE TABLE rule_log (said_at TIMESTAMP, rule VARCHAR, lineage VARCHAR, event VARCHAR, options VARCHAR);
-- What rules would have done, by all that this rests on: it takes a second to find out.
CREATE TABLE trials (lineage VARCHAR, key VARCHAR, made_at TIMESTAMP, facts VARCHAR, PRIMARY KEY (lineage, key));
