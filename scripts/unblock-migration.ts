import { splitSteps } from "#platform/database/migrations/read-migrations";
import { bareStatement } from "#platform/database/migrations/step";

const BREAKPOINT = "--> statement-breakpoint";

const CREATE_INDEX = /^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)(?=.*? ON "(?<table>\w+)")/s;
const ADD_CONSTRAINT =
  /^ALTER TABLE "(?<table>\w+)" ADD CONSTRAINT "(?<name>\w+)" (?:FOREIGN KEY|CHECK)\b(?!.*\bNOT VALID\b).*$/s;

/** Rewrites drizzle-kit's statements about tables in use to a form that does not block them. */
export const unblock = (text: string): string => {
  const created = new Set([...text.matchAll(/^CREATE TABLE "(\w+)"/gm)].map(([, table]) => table));
  return splitSteps(text)
    .map((part) => part.trim())
    .flatMap((part) => {
      const statement = bareStatement(part);
      const indexed = CREATE_INDEX.exec(statement)?.groups;
      if (indexed && !created.has(indexed.table))
        return [part.replace(/^CREATE (UNIQUE )?INDEX /m, (start) => `${start}CONCURRENTLY `)];
      if (statement.startsWith("DROP INDEX "))
        return [part.replace(/^DROP INDEX (?!CONCURRENTLY )/m, "DROP INDEX CONCURRENTLY ")];
      const constrained = ADD_CONSTRAINT.exec(statement)?.groups;
      if (constrained && !created.has(constrained.table))
        return [
          part.replace(/;?$/, " NOT VALID;"),
          `ALTER TABLE "${constrained.table}" VALIDATE CONSTRAINT "${constrained.name}";`,
        ];
      return [part];
    })
    .map((part) => part.replace(/;?$/, ";"))
    .join(`${BREAKPOINT}\n`)
    .concat("\n");
};
