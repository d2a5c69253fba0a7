const MAX_SHOWN = 2;

/** Recognizable for people who know the address, but not for others: `ad***@acme.com`, at most half of a short name. */
export const maskEmail = (email: string): string => {
  const at = email.lastIndexOf("@");
  const localPart = [...email.slice(0, at)];
  const shown = localPart.slice(0, Math.min(MAX_SHOWN, Math.ceil(localPart.length / 2)));
  return `${shown.join("")}***${email.slice(at)}`;
};
