/** A process that uses the embedded Postgres until it is stopped or killed: `tsx <this file> <data directory>`. */
import { startEmbeddedPostgres } from "#dev/embedded-postgres";

const log = { info: () => undefined };
const { url, adopted, stop } = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? "", database: "app", log });
process.once("SIGTERM", () => void stop());
process.stdout.write(`${JSON.stringify({ url, adopted })}\n`);
