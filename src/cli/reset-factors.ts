import { type Command, print, readArguments } from "./command.ts";
import { withApp } from "./with-app.ts";

export const resetFactors: Command = {
  async run(args) {
    const { positionals } = readArguments(args, { options: {}, positionals: ["email"] });
    const [email = ""] = positionals;
    return withApp(async ({ factorResets }) => {
      if (!(await factorResets.resetNow(email))) {
        print(`No user has the address ${email}.`);
        return 1;
      }
      print(`The second factors of ${email} are reset. The next login requires a mailed code and a new factor.`);
      return 0;
    });
  },
};
