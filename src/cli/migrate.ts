import { layFoundation } from "#app/foundation";
import { type Command, print, readArguments } from "./command.ts";
import { readSettings } from "./with-app.ts";

export const migrate: Command = {
  async run(args) {
    readArguments(args, { options: {} });
    const { config, log } = readSettings();
    const foundation = await layFoundation(config, log);
    await foundation.stop();
    print("The database is up to date.");
    return 0;
  },
};
