import { useState } from "react";
import type { UrlValues } from "./url-state.ts";

export interface SavedView {
  readonly name: string;
  readonly values: UrlValues;
}

const isView = (value: unknown): value is SavedView =>
  typeof value === "object" && value !== null && "name" in value && typeof value.name === "string" && "values" in value;

/** The views in a stored text; none if it is damaged. */
export const parseViews = (text: string | null): readonly SavedView[] => {
  try {
    const parsed: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(parsed) ? parsed.filter(isView) : [];
  } catch {
    return [];
  }
};

/** Adds a view at the end; one of the same name is replaced. */
export const withView = (views: readonly SavedView[], view: SavedView): readonly SavedView[] => [
  ...withoutView(views, view.name),
  view,
];

export const withoutView = (views: readonly SavedView[], name: string): readonly SavedView[] =>
  views.filter((view) => view.name !== name);

/** Whether the address shows a view. */
export const isShown = ({ values }: SavedView, current: UrlValues): boolean =>
  Object.keys({ ...values, ...current }).every((name) => (values[name] ?? null) === (current[name] ?? null));

/** The views that a user has saved in this browser. */
export const useSavedViews = (list: string, userId: string) => {
  const key = `portcullis.views.${list}.${userId}`;
  const [views, setViews] = useState(() => parseViews(localStorage.getItem(key)));
  const store = (changed: readonly SavedView[]) => {
    setViews(changed);
    localStorage.setItem(key, JSON.stringify(changed));
  };
  return {
    views,
    save: (view: SavedView) => store(withView(views, view)),
    remove: (name: string) => store(withoutView(views, name)),
  };
};
