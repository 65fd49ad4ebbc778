/**
 * What the form of another matter holds, as phone and desk send it: only what was filled in; and the words that say how
 * far it has come.
 */

/** @returns {object} the fields by name; a day and time as an instant; nothing of what was left empty */
export function saidIn(form) {
  const said = {};
  for (const [name, value] of new FormData(form)) {
    const words = value.trim();
    if (words) said[name] = name === "seen_at" ? new Date(words).toISOString() : words;
  }
  return { ...said, at: new Date().toISOString() };
}

/** Clears every field, so that not even the browser's own memory of the page holds a word. */
export function clear(form) {
  form.reset();
  for (const field of form.querySelectorAll("input[type=text], textarea")) field.value = "";
}

export const SAYS = {
  waiting: "Saved and locked, not sent yet. It goes by itself when there is signal. If it cannot wait, ring now.",
  sent: "Sent, waiting for the safeguarding team.",
  received: (number) => `Safely received. Receipt number ${number.slice(0, 4)} ${number.slice(4)}. Write it down now: it is `
    + "shown once and kept nowhere here. To add something, write again and give this number.",
  tooLong: "NOT saved: this is too long. Shorten it, or ring.",
  unknown: "This phone cannot say whether it saved this. Your words are still here: ring, and then press again.",
  notSaved: "NOT saved. Your words are still here: press again, or ring.",
};
