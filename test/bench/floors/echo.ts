import { createServer } from "node:http";
import { connect } from "@nats-io/transport-node";

/** The least that an answer over NATS can be: each message goes back as it came. */
const { NATS_URL = "", PORT } = process.env;

const connection = await connect({ servers: NATS_URL });
connection.subscribe("echo", {
  queue: "echo",
  callback: (_, message) => void message.respond(message.data),
});
await connection.flush();
// Says that it is ready.
createServer((_, response) => response.end()).listen(Number(PORT), "127.0.0.1");
