import { openInstallation } from "#app/installation";
import { type Command, print, readArguments } from "./command.ts";
import { readSettings } from "./with-app.ts";

export const migrate: Command = {
  async run(args) {
    readArguments(args, { options: {} });
    const { config, log } = readSettings();
    const installation = await openInstallation(config, log);
    await installation.stop();
    print("The database is up to date.");
    return 0;
  },
};
