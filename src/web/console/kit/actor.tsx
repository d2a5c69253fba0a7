import { skipToken, useQuery } from "@apollo/client/react";
import { EventActorDocument } from "./actor.documents.ts";
import { UserLink } from "./user-link.tsx";
import { useCan } from "./viewer.tsx";

/** The admin or operator who caused an event, which names only their id. */
export const Actor = ({ id }: { readonly id: string }) => {
  const can = useCan();
  const { data, loading } = useQuery(EventActorDocument, can("users:read") ? { variables: { id } } : skipToken);
  return loading ? <span>…</span> : <UserLink user={data?.user ?? null} />;
};
