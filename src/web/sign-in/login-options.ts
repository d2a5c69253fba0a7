import type { LoginFlowOptions, SocketClient } from "../../client/index.ts";
import { socketOptions } from "../../client/index.ts";
import { auth } from "../auth.ts";

/** A socket that is opened, and whose code is loaded, only for a login that waits for the answer to a mail. */
const socket: SocketClient = {
  subscribe(payload, sink) {
    let isOver = false;
    let close = (): void => {
      isOver = true;
    };
    const open = async () => {
      const { createClient } = await import("graphql-ws");
      if (isOver) return;
      const url = new URL("/graphql", location.href.replace(/^http/, "ws")).href;
      const client = createClient({ url, ...socketOptions(auth) });
      const unsubscribe = client.subscribe(payload, sink);
      close = () => {
        unsubscribe();
        void client.dispose();
      };
    };
    open().catch(sink.error);
    return () => close();
  },
};

/** The sign-in page: a reload continues a login that waits, and passkeys are offered where the name is typed. */
export const SIGN_IN: LoginFlowOptions = { storage: "sessionStorage", passkeyAutofill: true, socket };

/** Other pages that a login begins on: a mailed link, or the way back from a provider. */
export const LOGIN: LoginFlowOptions = { socket };
