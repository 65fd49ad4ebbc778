/** Puts one line where a person sees it and a screen reader hears it. @param {"is-saved"|"is-failed"} look */
export function say(words, look) {
  const line = document.querySelector("[data-said]") ?? newLine();
  line.classList.remove("is-saved", "is-failed");
  line.classList.add(look);
  line.textContent = words;
}

function newLine() {
  const line = document.createElement("p");
  line.dataset.said = "";
  line.setAttribute("role", "status");
  (document.querySelector("main") ?? document.body).prepend(line);
  return line;
}
