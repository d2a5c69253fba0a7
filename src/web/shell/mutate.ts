import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import { useApolloClient } from "@apollo/client/react";
import { useStepUp } from "./step-up.tsx";

/** Sends a mutation, after a step-up if the API demands one. It fails with the API's error. */
export const useMutate = () => {
  const client = useApolloClient();
  const stepUp = useStepUp();
  return <Data, Variables extends OperationVariables>(
    mutation: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data> =>
    stepUp(async () => {
      const { data } = await client.mutate({ mutation, variables } as Parameters<typeof client.mutate>[0]);
      return data as Data;
    });
};
