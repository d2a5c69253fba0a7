import type { EntitySource } from "#platform/schema/federation";
import { alignByKey } from "#shared/align-by-key";
import { badInput, type FieldError } from "#shared/errors";
import type { Viewer } from "#shared/viewer";
import { MAX_REPRESENTATIONS } from "./federation.ts";

/** A parsed representation. */
interface Reference {
  readonly typename: string;
  readonly id: string;
}

/**
 * The entities that these representations refer to, in the same order, with null for those the viewer may not see. Makes one
 * look-up per type, regardless of the number of representations.
 *
 * @throws {AppError} BAD_USER_INPUT if one refers to an unknown type, or there are too many
 */
export const findEntities = async (
  sources: readonly EntitySource[],
  viewer: Viewer,
  representations: readonly object[],
): Promise<(object | null)[]> => {
  const references = readAll(representations, new Set(sources.map(({ typename }) => typename)));
  const found = await Promise.all(
    sources.map(async (source) => {
      const ids = references.filter(({ typename }) => typename === source.typename).map(({ id }) => id);
      const rows = ids.length > 0 ? await source.list(viewer, [...new Set(ids)]) : [];
      return rows.map((row) => ({ ...row, __typename: source.typename }));
    }),
  );
  return alignByKey(references.map(keyOf), found.flat(), ({ __typename, id }) => keyOf({ typename: __typename, id }));
};

const keyOf = ({ typename, id }: Reference): string => `${typename}:${id}`;

const readAll = (representations: readonly object[], typenames: ReadonlySet<string>): Reference[] => {
  if (representations.length > MAX_REPRESENTATIONS)
    throw badInput({ path: "representations", message: `Request at most ${MAX_REPRESENTATIONS}.` });
  const faults: FieldError[] = [];
  const references = representations.flatMap((representation, index): Reference[] => {
    const { __typename: typename, id } = representation as { __typename?: unknown; id?: unknown };
    const path = `representations.${index}`;
    if (typeof typename !== "string" || !typenames.has(typename))
      faults.push({ path: `${path}.__typename`, message: `Use one of ${[...typenames].join(", ")}.` });
    else if (typeof id === "string") return [{ typename, id: id.toLowerCase() }];
    // Accepted as the scalar ID accepts it, although no entity has such an id.
    else if (Number.isInteger(id)) return [{ typename, id: String(id) }];
    else faults.push({ path: `${path}.id`, message: "Use an id." });
    return [];
  });
  if (faults.length > 0) throw badInput(...faults);
  return references;
};
