// Package sqlviews is the SQL of the views by which people read the rows that a
// store keeps: one for each data type and one for each key family. The SQLite file
// and D1 have the same tables; D1's begin with a column object, because several
// objects share a database. The package writes text and never runs any.
package sqlviews
