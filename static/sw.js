/*
 * Keeps the phone's shell, and shows it where the phone has copies of its own. Reads only: it touches nothing that
 * writes, and keeps nothing about people. The server puts VERSION, FILES and LATER in front.
 */

const SHELL = `fv-shell-${VERSION}`;
const PAGES = /^\/(today|badge|outbox|visits\/[0-9a-f]{32})$/;
const ASSETS = /^\/(app\/|static\/|council\.css$|(shell|matter)$)/;

addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(FILES.map(fetched))));
});

// Stamped files are for ever; the others are asked for anew.
function fetched(address) {
  return new Request(address, { cache: /^\/(app|static)\//.test(address) ? "default" : "reload" });
}

// Older shells stay: a page of theirs may be open. The pages say when they are no longer wanted.
addEventListener("activate", (event) => {
  event.waitUntil(clients.claim());
  later();
});

addEventListener("message", (event) => {
  if (event.data === "go") skipWaiting();
  if (event.data !== "tidy") return;
  if (!registration.waiting && !registration.installing) tidy();
  event.waitUntil(later());
});

/* What the shell can do without at first: nobody waits for it. */
async function later() {
  const cache = await caches.open(SHELL);
  for (const address of LATER) if (!(await cache.match(address))) await cache.add(fetched(address));
}

async function tidy() {
  for (const name of await caches.keys()) {
    if (name.startsWith("fv-shell-") && name !== SHELL) await caches.delete(name);
  }
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode !== "navigate" && ASSETS.test(pathname)) event.respondWith(asset(request));
  if (request.mode === "navigate" && PAGES.test(pathname)) event.respondWith(page(request, search));
});

async function page(request, search) {
  const shell = await kept("/shell");
  if (shell && !search && (await caches.has("fv-state"))) return shell;
  try {
    return await fetch(request);
  } catch (error) {
    if (shell) return shell;
    throw error;
  }
}

/* Our own first, then an older shell's: its page may be the one that asks. */
async function asset(request) {
  return (await kept(request)) ?? (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function kept(request) {
  return (await caches.open(SHELL)).match(request, { ignoreVary: true });
}
