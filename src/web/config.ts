import { WEB_CONFIG_ID, type WebConfig } from "#shared/web-config";

/** What the server has written into the page: names, languages and addresses of this installation. */
export const CONFIG: WebConfig = JSON.parse(document.getElementById(WEB_CONFIG_ID)?.textContent ?? "{}");
