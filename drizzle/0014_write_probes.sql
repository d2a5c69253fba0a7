CREATE TABLE "write_probes" (
	"id" smallint PRIMARY KEY NOT NULL
);
