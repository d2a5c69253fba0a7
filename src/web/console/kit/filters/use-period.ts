import { useState } from "react";
import { parsePeriod, rangeOf } from "./period.ts";
import { useUrlState } from "./url-state.ts";

/** The period in a search parameter, for the API. It does not move while the page is shown. */
export const usePeriod = (name: string): { from?: string; to?: string } | null => {
  const [now] = useState(() => Date.now());
  return rangeOf(parsePeriod(useUrlState().get(name)), now);
};
