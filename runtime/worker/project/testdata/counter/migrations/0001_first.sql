-- Two statements, one of them over several lines.
CREATE TABLE t(k TEXT PRIMARY KEY, v BLOB);
CREATE VIEW w AS
  SELECT k, length(v) AS n
  FROM t;
