/** For documents that are public, and the same for every reader: pages of any origin may read them. */
export const PUBLIC_CORS = { origin: "*", credentials: false } as const;
