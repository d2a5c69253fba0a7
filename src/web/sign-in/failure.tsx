import type { LoginError } from "../../client/index.ts";
import { Alert } from "../kit/alert.tsx";
import { useErrorText } from "../kit/errors.ts";

/** Why the last action of a login failed. */
export const Failure = ({ error }: { readonly error: LoginError | null }) => {
  const errorText = useErrorText();
  return error && <Alert tone="danger">{errorText(error)}</Alert>;
};
