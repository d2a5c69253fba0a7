import { useAuth, useUser } from "portcullis/react";

/** Shown to the signed-in user only. */
export const Account = () => {
  const auth = useAuth();
  const { user } = useUser();
  return (
    <>
      <h1>Your account</h1>
      {user && (
        <p>
          Signed in as {user.name ?? "a user without a name"} ({user.email}).
        </p>
      )}
      <button type="button" onClick={() => void auth.logout()}>
        Sign out
      </button>
    </>
  );
};
