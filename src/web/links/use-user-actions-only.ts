import { useEffect } from "react";

const EVENTS = ["pointerdown", "pointerup", "mousedown", "mouseup", "keydown", "keyup", "click", "submit"];

/**
 * Whether a user caused the event. A form that a script submits fires a trusted event, too; then the page has no user activation
 * (HTML Standard, section 6.4).
 */
const isByUser = (event: Event): boolean =>
  event.isTrusted && (event.type !== "submit" || navigator.userActivation?.isActive !== false);

/** Ignores what scripts do to the page: mail gateways open links, press the buttons and submit the forms that they find. */
export const useUserActionsOnly = (): void => {
  useEffect(() => {
    const ignore = (event: Event): void => {
      if (isByUser(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    for (const type of EVENTS) window.addEventListener(type, ignore, { capture: true });
    return () => {
      for (const type of EVENTS) window.removeEventListener(type, ignore, { capture: true });
    };
  }, []);
};
