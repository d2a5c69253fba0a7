import { useApolloClient } from "@apollo/client/react";
import { useMutate } from "../../shell/mutate.ts";
import {
  DeleteUserDocument,
  ReactivateUserDocument,
  RequirePasswordResetDocument,
  ResetSecondFactorsDocument,
  RevokeUserSessionsDocument,
  SetOperatorDocument,
} from "./user-actions.documents.ts";

/** The actions that need nothing but a confirmation. */
export type UserAction =
  | "reactivate"
  | "requirePasswordReset"
  | "revokeSessions"
  | "resetFactors"
  | "makeOperator"
  | "endOperator"
  | "delete";

/** Sends a mutation, then loads again what the page shows: sessions and the history change with most of them. */
export const useUserMutate = () => {
  const client = useApolloClient();
  const mutate = useMutate();
  const send: typeof mutate = async (mutation, variables) => {
    const data = await mutate(mutation, variables);
    await client.refetchQueries({ include: "active" }).catch(() => {});
    return data;
  };
  return send;
};

/** Sends the mutation of an action. */
export const useUserOperations = (userId: string): ((action: UserAction) => Promise<unknown>) => {
  const mutate = useUserMutate();
  const deleteUser = useMutate();
  const input = { userId };
  return (action) => {
    switch (action) {
      case "reactivate":
        return mutate(ReactivateUserDocument, { input });
      case "requirePasswordReset":
        return mutate(RequirePasswordResetDocument, { input });
      case "revokeSessions":
        return mutate(RevokeUserSessionsDocument, { input });
      case "resetFactors":
        return mutate(ResetSecondFactorsDocument, { input });
      case "makeOperator":
        return mutate(SetOperatorDocument, { input: { ...input, isOperator: true } });
      case "endOperator":
        return mutate(SetOperatorDocument, { input: { ...input, isOperator: false } });
      case "delete":
        // The page closes, so nothing that it shows is loaded again.
        return deleteUser(DeleteUserDocument, { input });
    }
  };
};
