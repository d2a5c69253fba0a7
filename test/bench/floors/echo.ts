import { createServer } from "node:http";
import { connect } from "@nats-io/transport-node";

/** The floor of a response over NATS: each message is sent back unchanged. */
const { NATS_URL = "", PORT } = process.env;

const connection = await connect({ servers: NATS_URL });
connection.subscribe("echo", {
  queue: "echo",
  callback: (_, message) => void message.respond(message.data),
});
await connection.flush();
// Signals that the floor is ready.
createServer((_, response) => response.end()).listen(Number(PORT), "127.0.0.1");
