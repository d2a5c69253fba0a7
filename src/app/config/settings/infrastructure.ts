import { z } from "zod";
import { setting } from "#platform/setting-docs";
import { count, networks, redisServers, servers } from "#platform/setting-kinds";
import { isMailSender } from "#shared/setting-checks";

const PEM = "path of a PEM file";

/** Postgres, Redis, NATS, mail, and the databases of networks and locations. */
export const INFRASTRUCTURE = {
  DATABASE_URL: setting(z.url({ protocol: /^postgres(ql)?$/ }).optional(), {
    subject: "Database",
    description:
      "Postgres 15 or newer. For TLS add `?sslmode=verify-full`, and `&sslrootcert=/path/to/ca.pem` if a private authority signed the " +
      "certificate; [Postgres](#postgres) lists the parameters.",
    example: "postgres://portcullis:password@db.internal:5432/portcullis",
    value: "URL (`postgres://`)",
    default: "an embedded Postgres under `DATA_DIR`",
  }),
  DATABASE_POOL_SIZE: setting(count(2, 500).default(20), {
    subject: "Database",
    description: "Connections of each replica, in addition to those of its background jobs.",
    example: "50",
  }),
  REDIS_URL: setting(redisServers.optional(), {
    subject: "Redis",
    description:
      "Redis 7 or newer: one server, sentinels (followed by the name of the primary) or a cluster. Without Redis, Postgres does the same work. " +
      "All replicas need the same value; stop all of them to change it.",
    example: "redis+sentinel://one:26379,two:26379/primary",
    value: "URL (`redis://`, `rediss://`, `redis+sentinel://`, `redis+cluster://`)",
  }),
  NATS_URL: setting(servers(/^(nats|tls)$/).optional(), {
    subject: "NATS",
    description:
      "NATS 2.9 or newer with JetStream; separate several servers by commas. Without NATS, no events are published and other services cannot send requests over it.",
    example: "nats://user:password@nats.internal:4222",
    value: "URL (`nats://` or `tls://`)",
  }),
  NATS_CREDS_FILE: setting(z.string().optional(), {
    subject: "NATS",
    description:
      "A JWT and its seed, as `nsc` writes them, instead of a user and a password in the URL. Read again at each connection.",
    example: "/run/secrets/portcullis.creds",
    value: "path of a credentials file",
  }),
  NATS_TLS_CA_FILE: setting(z.string().optional(), {
    subject: "NATS",
    description: "The authority that signed the certificate of the NATS server.",
    example: "/run/secrets/nats-ca.pem",
    value: PEM,
    default: "the authorities that Node trusts",
  }),
  NATS_TLS_CERT_FILE: setting(z.string().optional(), {
    subject: "NATS",
    description: "The client certificate, if the NATS server asks for one; set together with `NATS_TLS_KEY_FILE`.",
    example: "/run/secrets/nats-cert.pem",
    value: PEM,
  }),
  NATS_TLS_KEY_FILE: setting(z.string().optional(), {
    subject: "NATS",
    description: "The key of the client certificate.",
    example: "/run/secrets/nats-key.pem",
    value: PEM,
  }),
  SMTP_URL: setting(z.url({ protocol: /^smtps?$/ }).optional(), {
    subject: "Mail",
    description: "The mail server; [Mail relays](#mail-relays) describes TLS.",
    example: "smtp://user:password@mail.example.com:587",
    value: "URL (`smtp://` or `smtps://`)",
    default: "mail is not sent but shown at `/dev/mailbox`",
  }),
  SMTP_TLS_CA_FILE: setting(z.string().optional(), {
    subject: "Mail",
    description:
      "The authority that signed the certificate of the mail server, or that certificate itself if it is self-signed.",
    example: "/run/secrets/mail-ca.pem",
    value: PEM,
    default: "the authorities that Node trusts",
  }),
  MAIL_FROM: setting(
    z.string().refine(isMailSender, "one address, or a name and an address: Some Name <name@host>").optional(),
    {
      subject: "Mail",
      description: "The sender of all mails.",
      example: "Example <no-reply@example.com>",
      value: "one address, or a name and an address",
      default: "`PRODUCT_NAME` and `<no-reply@localhost>`",
    },
  ),
  OUTGOING_PRIVATE_NETWORKS: setting(networks.optional(), {
    subject: "Outgoing requests",
    description:
      "Private networks that contain SAP systems or the providers of `SOCIAL_PROVIDERS`. By default the addresses that users and settings name " +
      "must be on the public Internet. Name the systems, not your whole network: `onboardTenant` is public, so any visitor could have these addresses requested.",
    example: "10.20.0.0/16,192.168.7.4",
    value: "networks, separated by commas",
  }),
  GEOIP_FILE: setting(z.string().optional(), {
    subject: "Geolocation",
    description:
      "A city database (GeoLite2, DB-IP) instead of the bundled one. Read again when it changes; replace it with `mv`, so that a partly written " +
      "file is never read. A file that cannot be read prevents the start; if it is not a usable database, locations are unknown.",
    example: "/var/lib/geoip/GeoLite2-City.mmdb",
    value: "path of an `.mmdb` file",
    default: "the bundled DB-IP City Lite",
  }),
  ANONYMOUS_NETWORKS_FILE: setting(z.string().optional(), {
    subject: "Geolocation",
    description:
      "Networks of hosting and VPN providers, relays and Tor, instead of the bundled list. Each line has an address, a network (`192.0.2.0/24`) or a " +
      "range (`192.0.2.0-192.0.2.255`), IPv4 or IPv6; `#` and `;` begin comments. Read again when it changes. A file that cannot be read prevents the start.",
    example: "/var/lib/geoip/anonymous-networks.txt",
    value: "path of a text file",
    default: "the bundled list",
  }),
};
