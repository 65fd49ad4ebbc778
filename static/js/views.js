/**
 * Where the person is. A page of the server's, or a view that this phone made from its own copy: features ask `go` for
 * the next place and hear `fv:view` when a new one stands, and need not know which of the two it is.
 */

/** @type {?(path: string) => void} */
let drawHere = null;

/** From now on this phone draws its own views: `draw(path)` shows one without leaving the page. */
export function drawViewsWith(draw) {
  drawHere = draw;
}

export function go(path) {
  if (drawHere) drawHere(path);
  else location.assign(path);
}

/** Tells every feature that new markup stands in `root`. */
export function announce(root) {
  document.dispatchEvent(new CustomEvent("fv:view", { detail: { root } }));
}

/** @param {(root: ParentNode) => void} begin  called for the page as it stands, and for each view after it */
export function onEachView(begin) {
  document.addEventListener("fv:view", (event) => begin(event.detail.root));
  begin(document);
}
