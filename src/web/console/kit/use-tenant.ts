import { useUrlState } from "./filters/url-state.ts";
import { useViewer } from "./viewer.tsx";

interface ConsoleTenant {
  /** The tenant that an operator has chosen; null for all of them, and for admins, who see only theirs. */
  readonly chosenId: string | null;
  /** The tenant of pages that show exactly one: the chosen one, otherwise that of the access token. */
  readonly id: string;
}

/** The tenant that the console shows. */
export const useTenant = (): ConsoleTenant => {
  const { isOperator, tenant } = useViewer();
  const chosenId = useUrlState().get("tenant");
  return isOperator && chosenId !== null ? { chosenId, id: chosenId } : { chosenId: null, id: tenant.id };
};
