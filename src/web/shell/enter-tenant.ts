import { AuthFailure } from "../../client/index.ts";
import { auth } from "../auth.ts";
import { useStepUp } from "./step-up.tsx";

/** What the step-up dialog waits for, as if the API had said it. */
const asStepUp = (cause: unknown): Error =>
  Object.assign(new Error("The tenant requires a second factor.", { cause }), {
    extensions: { code: "REAUTHENTICATION_REQUIRED" },
  });

export const requiresFactor = (failure: unknown): boolean =>
  failure instanceof AuthFailure && failure.tenantError === "TENANT_REQUIRES_SECOND_FACTOR";

/**
 * Switches this tab to a tenant. If it requires a second factor that this session has not proved, the dialog asks for it, and the
 * switch is tried again.
 */
export const useEnterTenant = () => {
  const stepUp = useStepUp();
  return async (tenantId: string): Promise<void> => {
    let hasAsked = false;
    await stepUp(async () => {
      try {
        await auth.switchTenant(tenantId);
      } catch (failure) {
        if (hasAsked || !requiresFactor(failure)) throw failure;
        hasAsked = true;
        throw asStepUp(failure);
      }
    });
  };
};
