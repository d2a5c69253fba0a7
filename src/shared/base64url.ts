/**
 * Whether a text is base64url as RFC 4648 writes it: this alphabet, no padding, and no bits set that decoding drops. Decoders
 * accept other spellings of the same bytes, and one secret in many spellings is many entries in a cache or a list.
 */
export const isCanonicalBase64url = (text: string): boolean =>
  /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/.test(text);
