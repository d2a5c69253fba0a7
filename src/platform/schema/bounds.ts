import "reflect-metadata";
import { Extensions } from "type-graphql";

/**
 * Declares the most items that a list without `first` can hold. The cost of an operation counts the list by it
 * (graphql/bounded-lists.ts), so it must be what the database or a setting really allows.
 */
export const AtMost = (length: number) => Extensions({ maxLength: length });
