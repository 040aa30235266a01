// Package d1schema is the schema of D1, where the objects' rows follow: the tables,
// the views of data types and of key families, and the numbered files of the
// project's migrations directory that bring a database there. It knows the plan's
// families and never talks to a database.
//
// A file that was written is never changed, because wrangler may have applied it:
// what is new comes in a file with the next number. Files of other makers in the
// directory are left alone, and their numbers are not used again.
//
//	0001_tables.sql    tables and views of data types
//	0002_views.sql     views of the plan's families
//	0003_views.sql     … what changed when the plan did
package d1schema
