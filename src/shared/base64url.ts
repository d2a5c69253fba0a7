/**
 * Whether a text is base64url as defined by RFC 4648: this alphabet, no padding, and no set bits that decoding drops. Decoders
 * accept other spellings of the same bytes, so one secret could occupy many entries in a cache or a list.
 */
export const isCanonicalBase64url = (text: string): boolean =>
  /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/.test(text);
