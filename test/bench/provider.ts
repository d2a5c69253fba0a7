import { request } from "node:https";
import type { MeasuredServer } from "./benchmark-env.ts";
import { type LoadOptions, type Measurement, measureCalls } from "./load.ts";
import type { MeasuredSubject } from "./series.ts";

/** Its id in the product's settings. */
export const PROVIDER = "acme";
export const REDIRECT_URI = "https://app.example/signed-in";

/** An identity provider that responds immediately, so that the rest of a callback's time is the product's. */
export interface BenchProvider extends MeasuredServer {
  readonly issuer: string;
  readonly certificate: string;
  readonly certificateFile: string;
}

/** The product's settings for social login with this provider. */
export const socialSettings = ({ issuer, certificateFile }: BenchProvider): Readonly<Record<string, string>> => ({
  SOCIAL_PROVIDERS: JSON.stringify([
    { id: PROVIDER, name: "Acme", issuer, clientId: "bench", clientSecret: "bench", vouchesFor: ["*"] },
  ]),
  SOCIAL_REDIRECT_URIS: REDIRECT_URI,
  OUTGOING_PRIVATE_NETWORKS: "127.0.0.0/8,::1",
  NODE_EXTRA_CA_CERTS: certificateFile,
});

/** The claims of the ID token for a code. The code contains them, so that no client has to visit the provider for a code. */
export interface Said {
  readonly sub: string;
  readonly email: string;
  readonly nonce: string;
}

export const codeFor = (said: Said): string => Buffer.from(JSON.stringify(said)).toString("base64url");
export const saidBy = (code: string): Said => JSON.parse(Buffer.from(code, "base64url").toString());

/** The floor of the provider alone: Node exchanges a code over a new connection, as the product does. */
export const providerAlone = ({ issuer, certificate }: BenchProvider): MeasuredSubject => {
  const body = `grant_type=authorization_code&code=${codeFor({ sub: "subject-1", email: "user1@example.com", nonce: "n" })}`;
  const trade = () =>
    new Promise<void>((resolve, reject) => {
      const options = { method: "POST", agent: false, ca: certificate };
      const asked = request(new URL("/token", issuer), options, (response) => response.resume().on("end", resolve));
      asked.on("error", reject).end(body);
    });
  return {
    name: "provider alone",
    on: "",
    measure: (options: Omit<LoadOptions, "port">): Promise<Measurement> => measureCalls(trade, options),
  };
};
