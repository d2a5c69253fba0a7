/** The maximum size of a request in bytes, over any transport: far more than any operation of this schema needs. */
export const MAX_REQUEST_BYTES = 64 * 1_024;
