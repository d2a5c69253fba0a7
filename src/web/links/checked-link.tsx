import { type ReactNode, useEffect, useState } from "react";
import { request } from "../request.ts";
import { Waiting } from "../shell/states.tsx";
import { InvalidLink, type LinkKind } from "./link-page.tsx";
import { CheckLinkDocument } from "./links.documents.ts";

interface CheckedLinkProps {
  readonly kind: LinkKind;
  readonly token: string;
  readonly next?: { readonly href: string; readonly label: string };
  readonly children: ReactNode;
}

/** Asks whether the link is still valid, so that no user thinks up a password for an invalid one. */
export const CheckedLink = ({ kind, token, next, children }: CheckedLinkProps) => {
  const [isValid, setValid] = useState<boolean | null>(null);
  useEffect(() => {
    // If the API cannot say, sending the form will.
    const check = () => request(CheckLinkDocument, { input: { token } }).catch(() => ({ valid: true }));
    void check().then(({ valid }) => setValid(valid));
  }, [token]);
  if (isValid === null) return <Waiting />;
  return isValid ? children : <InvalidLink kind={kind} next={next} />;
};
