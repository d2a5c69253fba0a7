import { auth } from "../auth.ts";
import { saveFile } from "../kit/save-file.ts";

const fileNameOf = (response: Response): string =>
  /filename="(.+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? "download";

/**
 * Fetches a file of the API with the access token, and saves it. A link could not carry the token.
 *
 * @throws the API's errors, in the form that `errorOf` reads
 */
export const download = async (path: string): Promise<void> => {
  const { headers } = await auth.authorize();
  const response = await fetch(path, { headers });
  if (!response.ok) throw await response.json();
  saveFile(await response.blob(), fileNameOf(response));
};
