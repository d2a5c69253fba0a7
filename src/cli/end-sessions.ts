import { type Command, print, readArguments } from "./command.ts";
import { readTime } from "./times.ts";
import { withApp } from "./with-app.ts";

export const endSessions: Command = {
  async run(args) {
    const { values } = readArguments(args, { options: { since: { type: "string" } } });
    const since = readTime(values.since, "--since");
    return withApp(async ({ sessionSweeps }) => {
      print(`${await sessionSweeps.endAllSince(since)} sessions ended.`);
      return 0;
    });
  },
};
