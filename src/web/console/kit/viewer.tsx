import { createContext, type ReactNode, use } from "react";
import type { ConsoleViewerQuery } from "./viewer.documents.ts";

/** The caller, and what the access token allows them in its tenant. */
export type Viewer = ConsoleViewerQuery["viewer"];

const ViewerContext = createContext<Viewer | null>(null);

export const ViewerProvider = ({ viewer, children }: { readonly viewer: Viewer; readonly children: ReactNode }) => (
  <ViewerContext value={viewer}>{children}</ViewerContext>
);

export const useViewer = (): Viewer => {
  const viewer = use(ViewerContext);
  if (!viewer) throw new Error("Only pages of the console have a viewer.");
  return viewer;
};

/** Whether to show what needs a permission. The API checks it again. */
export const useCan = (): ((permission: string) => boolean) => {
  const { permissions } = useViewer();
  return (permission) => permissions.includes(permission);
};
