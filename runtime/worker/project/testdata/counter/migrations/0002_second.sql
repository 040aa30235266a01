INSERT INTO t VALUES ('seed', x'00ff');
-- the end
