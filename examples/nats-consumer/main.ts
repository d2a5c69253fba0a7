import { consume } from "./consumer.ts";
import { openLastLogins } from "./last-logins.ts";

const { NATS_URL = "nats://localhost:4222", DATABASE_URL = "postgres://localhost/last_logins" } = process.env;

const lastLogins = await openLastLogins(DATABASE_URL);
const stop = await consume({ servers: NATS_URL, name: "last-logins", handle: lastLogins.handle });
console.log("Consuming events.");

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, async () => {
    await stop();
    await lastLogins.close();
    console.log("Stopped.");
  });
