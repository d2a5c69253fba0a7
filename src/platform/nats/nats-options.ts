import { readFileSync } from "node:fs";
import { credsAuthenticator, type NodeConnectionOptions } from "@nats-io/transport-node";

export interface NatsSettings {
  /** `nats://host`, or `tls://user:password@host1:4222,host2:4222`; a user without a password is a token. */
  readonly url: string;
  /** A file with a JWT and its seed, as written by `nsc`; read again for each connection. */
  readonly credsFile?: string | undefined;
  /** PEM files; read again for each connection. */
  readonly tls: {
    readonly caFile?: string | undefined;
    readonly certFile?: string | undefined;
    readonly keyFile?: string | undefined;
  };
}

/** The options for the driver, which does not read credentials from URLs. */
export const natsOptions = ({ url, credsFile, tls }: NatsSettings): NodeConnectionOptions => {
  const [, scheme = "", user = "", password, hosts = ""] =
    /^([^:]+):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)/.exec(url) ?? [];
  const files = Object.fromEntries(Object.entries(tls).filter(([, file]) => file !== undefined));
  const secured = scheme === "tls" || Object.keys(files).length > 0;
  return {
    servers: hosts.split(","),
    ...(user && (password === undefined ? { token: decodeURIComponent(user) } : { user: decodeURIComponent(user) })),
    ...(password !== undefined && { pass: decodeURIComponent(password) }),
    ...(credsFile !== undefined && { authenticator: credsAuthenticator(() => readFileSync(credsFile)) }),
    ...(secured && { tls: files }),
  };
};
