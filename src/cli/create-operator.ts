import { type Command, print, readArguments } from "./command.ts";
import { withApp } from "./with-app.ts";

export const createOperator: Command = {
  async run(args) {
    const { values, positionals } = readArguments(args, {
      options: { name: { type: "string" } },
      positionals: ["email"],
    });
    const [email = ""] = positionals;
    return withApp(async ({ operators, links }) => {
      const operator = await operators.create({ email, name: values.name ?? null });
      print(`${operator.email} is an operator.`);
      const link = await operators.invite(operator);
      const address = link && (await links.resolve(link.id));
      if (address === null) print("This user already has a password.");
      else print(`Choose a password within the hour; the link works once (it was also sent by mail):\n${address.url}`);
      return 0;
    });
  },
};
