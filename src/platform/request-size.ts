/** A request, in bytes, by whichever door it comes: far more than any operation of this schema needs. */
export const MAX_REQUEST_BYTES = 64 * 1_024;
