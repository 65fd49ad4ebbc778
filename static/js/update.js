/**
 * The worker that keeps the shell, and its updates: offered, never forced, and never while a visit is open or something
 * is half written or not sent.
 */

import { bar } from "./bars.js";

const root = document.documentElement;
let registration = null;
let wanted = false;

/** @param {() => boolean} isFree  may the person be asked now? */
export async function startWorker(isFree) {
  if (!document.querySelector("meta[name=fv-offline]") || !navigator.serviceWorker) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => wanted && location.reload());
  document.addEventListener("fv:out-of-date", lookForUpdate);
  try {
    registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
  } catch {
    return;  // no signal: the worker that is here goes on
  }
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", () => offer(isFree));
  });
  offer(isFree);
}

export function lookForUpdate() {
  registration?.update().catch(() => null);
}

/** All pages here are of this version: older shells may go. */
export function tidyShells() {
  navigator.serviceWorker?.controller?.postMessage("tidy");
}

/** Asked again whenever the page changes. */
export function offer(isFree) {
  const waiting = registration?.waiting;
  root.dataset.update = waiting ? "waiting" : "none";
  // Without a controller it is the first worker of all: it needs no leave.
  const asks = waiting && navigator.serviceWorker.controller && isFree();
  bar("update", asks ? "A new version is ready." : "", {
    label: "Update now",
    act: () => {
      wanted = true;
      waiting.postMessage("go");
    },
  });
}
