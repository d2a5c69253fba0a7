import "reflect-metadata";
import { Extensions } from "type-graphql";
import { CHILD_PAGE } from "#shared/paging";

/**
 * Declares the most items that a list without `first` can hold. The cost of an operation counts the list by it
 * (graphql/bounded-lists.ts), so it must be what the database or a setting really allows.
 */
export const AtMost = (length: number) => Extensions({ maxLength: length });

/** Declares how many rows a connection has if the client gives neither `first` nor `last`: CHILD_PAGE, with ChildPageArgs. */
export const ShortPages = () => Extensions({ pageSize: CHILD_PAGE });
