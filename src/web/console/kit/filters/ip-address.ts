const OCTET = "(25[0-5]|2[0-4]\\d|1?\\d?\\d)";
const IPV4 = new RegExp(`^${OCTET}(\\.${OCTET}){3}$`);
const IPV6 = /^[\da-f:]+(:\d+(\.\d+){3})?$/i;

/** Whether a text is a whole IP address. The API decides; this only keeps unfinished ones from it. */
export const isIpAddress = (text: string): boolean =>
  IPV4.test(text) ||
  (IPV6.test(text) && text.split(":").length > 2 && text.split(":").length <= 8 && !text.endsWith(":"));
