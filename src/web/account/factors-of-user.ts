import type { FactorsQuery } from "./factors.documents.ts";

/** The factors of the signed-in user. */
export type FactorsOfUser = FactorsQuery["me"];
