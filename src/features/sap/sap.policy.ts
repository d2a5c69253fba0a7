import type { FieldError } from "#shared/errors";

/** How to reach a tenant's SAP Gateway, as entered by an admin: a user and password, or an OAuth 2 client. */
export interface SapConnectionDetails {
  readonly baseUrl: URL;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly oauth?:
    | { readonly tokenUrl: URL; readonly clientId: string; readonly clientSecret: string }
    | null
    | undefined;
}

/** The result of a check: the technical names of all services in the catalogue, sorted. */
export interface SapProfile {
  readonly services: readonly string[];
  readonly checkedAt: Date;
}

/** Maximum lengths, in characters. */
const MAX_URL = 2_048;
const MAX_NAME = 256;
const MAX_SECRET = 1_024;

/** The client of an SAP system (sap-client=100): three digits. */
const CLIENT = /^\d{3}$/;

/** Returns the faults of each field. Whether the address may be called is only known after a call. */
export const validateSapConnection = (details: SapConnectionDetails, path: string): readonly FieldError[] => [
  ...validateBaseUrl(details.baseUrl, `${path}.baseUrl`),
  ...validateCredentials(details, path),
];

const validateBaseUrl = (url: URL, path: string): readonly FieldError[] => {
  const client = url.searchParams.getAll("sap-client");
  const isBare = url.hash === "" && url.searchParams.size === client.length && client.length <= 1;
  if (url.href.length <= MAX_URL && isBare && client.every((number) => CLIENT.test(number))) return [];
  return [
    {
      path,
      message: "Use the address of the system, with nothing but its client: https://sap.example.com?sap-client=100.",
    },
  ];
};

const validateCredentials = (
  { username, password, oauth }: SapConnectionDetails,
  path: string,
): readonly FieldError[] => {
  const hasLogin = given(username) || given(password);
  if (hasLogin === given(oauth))
    return [{ path: `${path}.credentials`, message: "Give either a username and a password, or an OAuth 2 client." }];
  if (oauth)
    return [
      ...validateUrl(oauth.tokenUrl, `${path}.credentials.oauth.tokenUrl`),
      ...validateText(oauth.clientId, `${path}.credentials.oauth.clientId`, MAX_NAME),
      ...validateText(oauth.clientSecret, `${path}.credentials.oauth.clientSecret`, MAX_SECRET),
    ];
  const withColon = username?.includes(":")
    ? // RFC 7617: the first colon ends the name.
      [{ path: `${path}.credentials.basic.username`, message: "A username must not contain a colon." }]
    : [];
  return [
    ...validateText(username ?? "", `${path}.credentials.basic.username`, MAX_NAME),
    ...withColon,
    ...validateText(password ?? "", `${path}.credentials.basic.password`, MAX_SECRET),
  ];
};

const validateUrl = ({ href, hash }: URL, path: string): readonly FieldError[] =>
  href.length <= MAX_URL && hash === "" ? [] : [{ path, message: `Use an address of at most ${MAX_URL} characters.` }];

const validateText = (text: string, path: string, longest: number): readonly FieldError[] =>
  text !== "" && text.length <= longest && !/\p{Cc}/u.test(text)
    ? []
    : [{ path, message: `Use 1 to ${longest} characters.` }];

const given = (value: unknown): boolean => value !== null && value !== undefined;
