/**
 * Reads a form as a fact: its body by the controls' names and types, its kind and its next step by what was chosen,
 * and what is missing, said beside the field.
 */

const SINGLE = new Set(["radio", "checkbox"]);
const YES = new Set(["yes", "true", "1", "on"]);

/** The controls that count: named, enabled, and not inside a part of the form that is hidden. */
function controlsOf(form) {
  return [...form.elements].filter((control) => {
    if (!control.name || control.matches(":disabled")) return false;
    if (!/^(INPUT|SELECT|TEXTAREA)$/.test(control.tagName)) return false;
    if (/^(submit|button|image|reset|file)$/.test(control.type)) return false;
    const hidden = control.closest("[hidden]");
    return !(hidden && form.contains(hidden));
  });
}

/**
 * The event's body, by the controls' names. Empty fields are left out. `data-type`: `bool` (a tick), `yesno`, `int`,
 * `list` (the ticks of one name), `none` (a control that only chooses what comes next); otherwise the words as typed.
 *
 * @returns {object}
 */
export function bodyOf(form, submitter) {
  const body = {};
  for (const control of controlsOf(form)) put(body, control.name, control.dataset.type, raw(control));
  if (submitter?.name) put(body, submitter.name, submitter.dataset.type, submitter.value);
  return body;
}

function raw(control) {
  if (control.type === "checkbox" && control.dataset.type === "bool") return control.checked;
  if (SINGLE.has(control.type)) return control.checked ? control.value : "";
  if (control.type === "select-multiple") return Array.from(control.selectedOptions, (option) => option.value);
  return control.value.trim();
}

function put(body, name, type, value) {
  if (type === "none") return;
  // No tick in a list is an answer too: none of them.
  if (type === "list") body[name] = [...(body[name] ?? []), ...[value].flat().filter(Boolean)];
  else if (value !== "") body[name] = typed(type, value);
}

function typed(type, value) {
  if (type === "int") return Number.parseInt(value, 10);
  if (type === "bool" || type === "yesno") return typeof value === "boolean" ? value : YES.has(value);
  return value;
}

/**
 * What the form is about to record. A chosen radio, tick, option or the pressed button may say another kind, version,
 * next step or label than the form; the pressed button has the last word.
 *
 * @returns {{kind: string, kv: number, next: ?string, label: string, visit: ?string}}
 */
export function factOf(form, submitter) {
  const chosen = [...controlsOf(form).flatMap(choicesOf), submitter].filter(Boolean);
  const sayer = (key) => chosen.findLast((element) => element.dataset[key] !== undefined) ?? form;
  const say = (key) => sayer(key).dataset[key];
  return {
    kind: say("event"),
    kv: Number(say("kv") ?? 1),
    next: say("next") ?? null,
    label: say("label") ?? "Entry",
    visit: form.dataset.visit || form.closest("[data-visit]")?.dataset.visit || null,
  };
}

function choicesOf(control) {
  if (SINGLE.has(control.type)) return control.checked ? [control] : [];
  return control.tagName === "SELECT" ? [...control.selectedOptions] : [];
}

/** Says beside each field what is missing or wrong and takes the reader to the first. @returns {boolean} all is well */
export function isComplete(form) {
  form.querySelectorAll("[data-field-error]").forEach(clear);
  const wrong = [...groupsOf(form).values()].filter((group) => !isGood(group));
  wrong.forEach(complain);
  const [first] = wrong[0] ?? [];
  // A hidden field cannot be gone to; what is said of it can.
  (first?.type === "hidden" ? document.getElementById(errorId(first)) : first)?.focus();
  return !wrong.length;
}

/** The message goes when the person mends the field. */
export function clearErrorOf(control) {
  const message = document.getElementById(errorId(control));
  if (message?.dataset.fieldError !== undefined) clear(message);
}

function groupsOf(form) {
  const groups = new Map();
  for (const control of controlsOf(form)) groups.set(control.name, [...(groups.get(control.name) ?? []), control]);
  return groups;
}

function isGood(group) {
  const [first] = group;
  const required = group.some((control) => control.required);
  // `required` on ticks of one list means: at least one of them.
  if (first.dataset.type === "list" && SINGLE.has(first.type)) return !required || group.some((tick) => tick.checked);
  const blank = required && !SINGLE.has(first.type) && first.value.trim() === "";
  return !blank && group.every((control) => control.validity.valid);
}

function complain(group) {
  const [first] = group;
  const set = SINGLE.has(first.type) ? first.closest("fieldset") : null;
  const words = group.find((control) => control.dataset.error)?.dataset.error ?? set?.dataset.error;
  const message = document.createElement("p");
  message.id = errorId(first);
  message.className = "field-error";
  message.dataset.fieldError = first.name;
  message.tabIndex = -1;
  message.textContent = words ?? (first.type === "radio" ? "Choose one." : "Fill this in.");
  if (set) (set.querySelector("legend") ?? set.firstElementChild).after(message);
  else place(first, message);
  for (const control of group) {
    control.setAttribute("aria-invalid", "true");
    describe(control, (ids) => [...ids, message.id]);
  }
}

/** Above the field, and never between a tick and its label. */
function place(control, message) {
  const inside = control.closest("label");
  const label = control.labels?.[0];
  if (inside) inside.before(message);
  else if (label && SINGLE.has(control.type)) label.after(message);
  else control.before(message);
}

function clear(message) {
  for (const control of document.querySelectorAll(`[aria-describedby~="${CSS.escape(message.id)}"]`)) {
    control.removeAttribute("aria-invalid");
    describe(control, (ids) => ids.filter((id) => id !== message.id));
  }
  message.remove();
}

function describe(control, change) {
  const ids = change((control.getAttribute("aria-describedby") ?? "").split(/\s+/).filter(Boolean));
  if (ids.length) control.setAttribute("aria-describedby", ids.join(" "));
  else control.removeAttribute("aria-describedby");
}

function errorId(control) {
  control.form.dataset.formId ??= crypto.randomUUID().slice(0, 8);
  return `error-${control.form.dataset.formId}-${control.name}`;
}
