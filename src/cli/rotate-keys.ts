import { SAFE_ACTIVATION } from "../features/tokens/index.ts";
import { type Command, print, readArguments, UsageError } from "./command.ts";
import { withApp } from "./with-app.ts";

const MAX_SECONDS = 30 * 86_400;

export const rotateKeys: Command = {
  async run(args) {
    const { values } = readArguments(args, { options: { "activate-in": { type: "string" } } });
    const seconds = readSeconds(values["activate-in"]);
    return withApp(async ({ keys }) => {
      const { kid, activeFrom, previousRetiresAt } = await keys.rotate(seconds);
      print(`New key ${kid}`);
      print(`  is published now and signs from ${activeFrom.toISOString()} on.`);
      print(`  The key before it stays published until ${previousRetiresAt.toISOString()}.`);
      if (seconds < SAFE_ACTIVATION)
        print(
          `  Services that keep our keys for up to ${SAFE_ACTIVATION} s may refuse new tokens until they look again.`,
        );
      return 0;
    });
  },
};

const readSeconds = (text: string | undefined): number => {
  if (text === undefined) return SAFE_ACTIVATION;
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds > MAX_SECONDS)
    throw new UsageError(`--activate-in takes seconds, 0 to ${MAX_SECONDS}.`);
  return seconds;
};
