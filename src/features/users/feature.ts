import { tenantsFeature } from "#features/tenants/index";
import { defineFeature, defineSettings } from "#platform/feature";
import { setting } from "#platform/setting-docs";
import { list } from "#platform/setting-kinds";
import { Usernames } from "./usernames.ts";
import { userNodes } from "./users.node.ts";
import { UsersResolver } from "./users.resolver.ts";
import { UsersService } from "./users.service.ts";

/** Names that look like an official account or like a missing value. */
const RESERVED_USERNAMES =
  "abuse admin administrator anonymous api billing contact false guest help hostmaster info me moderator nobody none noreply no-reply null official operator owner postmaster root security staff superuser support sys sysadmin system true undefined user webmaster".split(
    " ",
  );

/** Users and their names. */
export const usersFeature = defineFeature({
  name: "users",
  uses: [tenantsFeature],
  config: defineSettings({
    variables: {
      RESERVED_USERNAMES: setting(list.optional(), {
        subject: "Users and registration",
        description: "Usernames that users cannot choose. They replace the default list.",
        example: "admin,root,billing",
        value: "usernames, separated by commas",
        default: "`admin`, `root`, `null`, `support` and similar names",
      }),
    },
    read: (env) => {
      const reserved = env.RESERVED_USERNAMES ?? RESERVED_USERNAMES;
      return { settings: { reservedUsernames: new Set(reserved.map((username) => username.toLowerCase())) } };
    },
  }),
  services: ({ db, limits, config }) => ({
    users: new UsersService({ db }),
    usernames: new Usernames({ db, limits, reserved: config.reservedUsernames }),
  }),
  resolvers: (deps) => [new UsersResolver(deps)],
  nodes: ({ users }) => [userNodes(users)],
  entities: ({ users }) => [userNodes(users)],
});
