/** What there is to say about the copy on this phone: one line each, above the page. */

/**
 * @param {string} name
 * @param {string} words  none: the line goes
 * @param {{label: string, href?: string, act?: () => void}} [button]
 */
export function bar(name, words, button) {
  const place = document.querySelector("[data-bars]");
  if (!place) return;
  let line = place.querySelector(`[data-bar="${name}"]`);
  if (!words) line?.remove();
  else if (!line || line.firstChild.textContent !== words) {
    const fresh = newLine(name, words, button);
    if (line) line.replaceWith(fresh);
    else place.append(fresh);
  }
  place.hidden = !place.children.length;
}

function newLine(name, words, button) {
  const line = document.createElement("p");
  line.dataset.bar = name;
  line.setAttribute("role", "status");
  const said = document.createElement("span");
  said.textContent = words;
  line.append(said);
  if (button) {
    const way = document.createElement(button.href ? "a" : "button");
    way.textContent = button.label;
    if (button.href) way.href = button.href;
    else {
      way.type = "button";
      way.addEventListener("click", button.act);
    }
    line.append(" ", way);
  }
  return line;
}
