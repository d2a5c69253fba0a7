import { useEffect, useRef, useState } from "react";
import { SearchField } from "../../../kit/search-field.tsx";
import { useDebounced } from "../use-debounced.ts";
import { useShortcut } from "../use-shortcut.ts";
import styles from "./filter-bar.module.css";
import { useUrlState } from "./url-state.ts";

const PAUSE_MS = 250;

interface SearchFilterProps {
  readonly name: string;
  readonly label: string;
  readonly placeholder?: string;
}

/** A text filter that applies while it is typed. The key `/` leads to it. */
export const SearchFilter = ({ name, label, placeholder }: SearchFilterProps) => {
  const url = useUrlState();
  const applied = url.get(name) ?? "";
  const [typed, setTyped] = useState(applied);
  const settled = useDebounced(typed, PAUSE_MS);
  const input = useRef<HTMLInputElement>(null);
  // What this field has put into the address itself must not overwrite what was typed since.
  const sent = useRef(applied);

  const apply = (text: string) => {
    const search = text.trim();
    if (search === sent.current) return;
    sent.current = search;
    url.set({ [name]: search || null });
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a pause in typing applies the text.
  useEffect(() => apply(settled), [settled]);

  useEffect(() => {
    if (applied === sent.current) return;
    sent.current = applied;
    setTyped(applied);
  }, [applied]);

  useShortcut("/", () => input.current?.focus());

  return (
    <div className={styles.wide}>
      <SearchField
        label={label}
        {...(placeholder && { placeholder })}
        inputRef={input}
        value={typed}
        onChange={setTyped}
        onSubmit={apply}
      />
    </div>
  );
};
