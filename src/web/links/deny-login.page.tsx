import { request } from "../request.ts";
import { LinkPage } from "./link-page.tsx";
import { DenyLoginDocument } from "./links.documents.ts";
import { OneButton } from "./one-button.tsx";

/** “No, that was not me”: ends every session. */
export const DenyLoginPage = () => (
  <LinkPage kind="denyLogin">
    {(token) => (
      <OneButton
        kind="denyLogin"
        destructive
        send={async () => {
          await request(DenyLoginDocument, { input: { token } });
          return {};
        }}
      />
    )}
  </LinkPage>
);
