import styles from "./avatar.module.css";

/** The first letters of the first and the last word. */
export const initialsOf = (name: string): string => {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends
    .map((word = "") => [...word][0] ?? "")
    .join("")
    .toLocaleUpperCase();
};

/** Stands for a person. The name is beside it, or in the label of the button around it. */
export const Avatar = ({ name, large = false }: { readonly name: string; readonly large?: boolean }) => (
  <span aria-hidden="true" className={large ? styles.large : styles.avatar}>
    {initialsOf(name)}
  </span>
);
