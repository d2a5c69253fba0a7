import { skipToken, useQuery } from "@apollo/client/react";
import { useTenant } from "./use-tenant.ts";
import { useCan } from "./viewer.tsx";
import { WaitingRegistrationsDocument } from "./waiting.documents.ts";

const POLL_MS = 60_000;

/** How many decisions wait on a page of the console, by its address. */
export const useWaiting = (): Readonly<Record<string, number | undefined>> => {
  const { id: tenantId } = useTenant();
  const mayDecide = useCan()("registrations:decide");
  const { data } = useQuery(
    WaitingRegistrationsDocument,
    mayDecide ? { variables: { tenantId }, pollInterval: POLL_MS, skipPollAttempt: () => document.hidden } : skipToken,
  );
  const registrations = data?.node?.__typename === "Tenant" ? data.node.registrations?.totalCount : undefined;
  return { "/console/registrations": registrations };
};
