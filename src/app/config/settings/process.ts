import { z } from "zod";
import { setting } from "#platform/setting-docs";
import { count, httpUrl } from "#platform/setting-kinds";

/** Settings of the process itself. */
export const PROCESS = {
  NODE_ENV: setting(z.enum(["development", "test", "production"]).default("development"), {
    subject: "Process",
    description:
      "`production` is strict: settings marked as required must be set, the mailbox page is off, and so is introspection by default.",
    example: "production",
  }),
  HOST: setting(z.string().optional(), {
    subject: "Process",
    description:
      "The address on which the server listens. In development, if it is not a loopback address, other machines can reach the server, and the mailbox page is off. " +
      "In development the server only accepts requests for localhost, loopback addresses and the host of `PUBLIC_URL`.",
    example: "0.0.0.0",
    value: "host name or IP address",
    default: "`127.0.0.1` and `::1`; in production `0.0.0.0`",
  }),
  PORT: setting(count(0, 65_535).default(4000), {
    subject: "Process",
    description: "The port on which the server listens; `0` chooses a free one.",
    example: "8080",
  }),
  PUBLIC_URL: setting(httpUrl.optional(), {
    subject: "Process",
    description:
      "The address at which clients reach the server; links in mails begin with it. Production requires https.",
    example: "https://id.example.com",
    value: "URL without a path at its end",
    default: "`http://localhost:` and `PORT`",
  }),
  DATA_DIR: setting(z.string().default(".data"), {
    subject: "Process",
    description:
      "The directory of the embedded Postgres and of the key file, which are used if `DATABASE_URL` and `SECRET_KEYS` are not set.",
    example: "/var/lib/portcullis",
    value: "directory",
  }),
  LOG_LEVEL: setting(z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"), {
    subject: "Process",
    description: "The lowest level that is logged (JSON lines on stdout).",
    example: "warn",
  }),
  WORKER_CONCURRENCY: setting(count(0, 100).default(4), {
    subject: "Process",
    description:
      "How many background jobs (mail, clean-up) this replica runs concurrently, in a thread that answers no requests. " +
      "`0`: it runs none, and others do; at least one replica must.",
    example: "0",
  }),
  WEB_PROCESSES: setting(z.union([z.literal("auto"), count(1, 64)]).default(1), {
    subject: "Process",
    description:
      "How many processes serve requests on the same port; `auto` is the number of cores. With more than one, a supervising process " +
      "starts them and runs the jobs: [all cores](operations.md#all-cores). Requires `SMTP_URL`.",
    example: "auto",
    value: "number or `auto`",
  }),
  STOP_DELAY_SECONDS: setting(count(0, 15).default(0), {
    subject: "Process",
    description:
      "How long the server still accepts requests after SIGTERM while `/readyz` already fails. " +
      "Behind a load balancer, use twice the interval of its health checks. Requests in progress are finished in any case.",
    example: "10",
  }),
};
