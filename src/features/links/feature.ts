import { defineFeature } from "#platform/feature";
import { AddressLinks } from "./address-links.service.ts";
import { LinksService } from "./links.service.ts";

/** Single-use links in mails, each for one purpose. */
export const linksFeature = defineFeature({
  name: "links",
  services: ({ db, clock, ids, keyRing, config }) => {
    const links = new LinksService({ db, clock, ids, keyRing, pages: config.linkPages });
    return { links, addressLinks: new AddressLinks({ db, clock, ids, links }) };
  },
  jobs: ({ links, addressLinks }) => ({
    recurring: {
      "sweep-links": { crontab: "17 * * * *", run: () => links.sweep() },
      "sweep-address-links": { crontab: "19 * * * *", run: () => addressLinks.sweep() },
    },
  }),
});
