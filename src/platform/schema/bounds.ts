import "reflect-metadata";
import { Extensions } from "type-graphql";
import { CHILD_PAGE } from "#shared/paging";

/**
 * Declares the maximum length of a list without `first`. The cost of an operation is calculated with it
 * (graphql/rules/query-cost-rule.ts), so it must be the actual limit of the database or a setting.
 */
export const AtMost = (length: number) => Extensions({ maxLength: length });

/** Declares how many rows a connection has if the client gives neither `first` nor `last`: CHILD_PAGE, with ChildPageArgs. */
export const ShortPages = () => Extensions({ pageSize: CHILD_PAGE });
