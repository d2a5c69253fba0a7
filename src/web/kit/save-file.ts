/** Saves a text as a file of the user. */
export const saveFile = (text: string, type: "text/plain" | "application/json", name: string): void => {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
};
