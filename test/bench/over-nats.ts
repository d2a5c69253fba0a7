import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { MeasuredServer } from "./benchmark-env.ts";
import { repeat } from "./load.ts";
import type { Population } from "./population.ts";
import type { MeasuredSubject } from "./series.ts";

const TIMEOUT_MS = 5_000;

interface Question {
  readonly name: string;
  readonly on: string;
  readonly server: MeasuredServer;
  readonly natsUrl: string;
  readonly subject: string;
  readonly messages: readonly string[];
  /** Text that each response must contain, because a refusal is faster than a service. */
  readonly wanted: string;
}

/** Each caller has its own connection, with one request at a time. */
const askedOverNats = ({ name, on, server, natsUrl, subject, messages, wanted }: Question): MeasuredSubject => {
  let next = 0;
  const ask = async (connection: NatsConnection): Promise<number> => {
    const message = messages[next++ % messages.length];
    const asked = performance.now();
    const answer = await connection.request(subject, message, { timeout: TIMEOUT_MS });
    const took = performance.now() - asked;
    const told = answer.string();
    if (!told.includes(wanted)) throw new Error(`${name}: ${told}`);
    return took;
  };
  return {
    name,
    on,
    server,
    async measure({ callers, ...options }) {
      const connections = await Promise.all(Array.from({ length: callers }, () => connect({ servers: natsUrl })));
      try {
        return await repeat(connections, ask, options);
      } finally {
        await Promise.all(connections.map((connection) => connection.close()));
      }
    },
  };
};

interface NatsStage {
  readonly name: string;
  readonly population: Population;
  readonly natsUrl: string;
  /** The product, called over NATS. */
  readonly product: MeasuredServer;
  readonly echo: MeasuredServer;
}

/** The request of another service, and the same messages echoed by a process that does nothing else. */
export const natsSubjectsOn = ({ name: on, population, natsUrl, product, echo }: NatsStage): MeasuredSubject[] => {
  const messages = population.sessions.map(({ accessToken }) => JSON.stringify({ input: { token: accessToken } }));
  const shared = { on, natsUrl, messages };
  return [
    askedOverNats({ ...shared, name: ECHO, server: echo, subject: "echo", wanted: "token" }),
    askedOverNats({
      ...shared,
      name: "token check over NATS",
      server: product,
      subject: "auth.validate",
      wanted: '"valid":true',
    }),
  ];
};

export const ECHO = "echo over NATS";
