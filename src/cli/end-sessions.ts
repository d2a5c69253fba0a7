import { type Command, print, readArguments, UsageError } from "./command.ts";
import { withApp } from "./with-app.ts";

export const endSessions: Command = {
  async run(args) {
    const { values } = readArguments(args, { options: { since: { type: "string" } } });
    const since = readTime(values.since);
    return withApp(async ({ sessions }) => {
      print(`${await sessions.endAllSince(since)} sessions ended.`);
      return 0;
    });
  },
};

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

const readTime = (text: string | undefined): Date => {
  const time = new Date(text ?? "");
  if (text === undefined || !TIME.test(text) || Number.isNaN(time.getTime()))
    throw new UsageError("--since takes a time with a time zone, as 2026-01-31T12:00:00Z.");
  return time;
};
