import { useQuery, useSubscription } from "@apollo/client/react";
import { MembershipChangesDocument, ShellUserDocument, type ShellUserQuery } from "./user-menu.documents.ts";

export type ShellUser = ShellUserQuery;

/**
 * The user, their memberships, and this tab's tenant; kept current. The subscription also keeps the socket open, so that every page
 * knows at once when the session or the membership ends.
 */
export const useShellUser = (): ShellUser | undefined => {
  const { data, refetch } = useQuery(ShellUserDocument);
  useSubscription(MembershipChangesDocument, { onData: () => void refetch().catch(() => {}) });
  return data;
};
