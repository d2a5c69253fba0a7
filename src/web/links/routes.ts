import type { AnyRoute } from "@tanstack/react-router";

/** The pages behind the links in mails. Their paths are those of the features' link pages. */
export const linkRoutes = <Root extends AnyRoute>(_root: Root) => [] as const;
