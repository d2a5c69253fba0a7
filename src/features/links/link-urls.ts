/**
 * The URL of a page with a link's token in its fragment. Browsers do not send the fragment, so the token never appears in access
 * logs or a Referer header. On a page with a route in its fragment (`/app#/verify`) the token is a parameter of that route.
 */
export const linkUrl = (page: string, token: string): string => {
  const url = new URL(page);
  const route = url.hash.slice(1);
  if (route === "") url.hash = `token=${token}`;
  else url.hash = `${route}${route.includes("?") ? "&" : "?"}token=${token}`;
  return url.href;
};
