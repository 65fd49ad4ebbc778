/**
 * The rescue file: what this phone could not send, sealed as it is, for the office to take in by hand. Nobody who finds
 * the file can read it. Nothing leaves the outbox by it: the same entries sent later are known as the same.
 */

import { isUndelivered, toGo } from "./outbox-state.js";

const SHOWN_MS = 60_000;
// The office takes in 24 MB at a time, and base64 makes four bytes of three.
const MOST_BYTES = 15_000_000;

/** @param {typeof import("./later.js").TOOLS} tools */
export async function open(_button, tools) {
  try {
    tools.say(await rescue(tools), "is-saved");
  } catch (error) {
    console.error("rescue file", error);
    tools.say("The file could not be made. Your entries are still on this phone.", "is-failed");
  }
}

/** @returns {Promise<string>} what to do with what was saved */
async function rescue({ bytesOf, deviceId, myItems, onTheWire }) {
  const items = (await myItems()).filter(isUndelivered);
  const told = { v: 1, device: await deviceId(), made: new Date().toISOString() };
  const name = `fieldvisit-rescue-${told.made.slice(0, 10)}`;
  let files = 0;
  let file = begun({ ...told, items: items.filter((item) => item.jwe).map(onTheWire) });
  const save = () => {
    files += 1;
    const which = files > 1 ? `-${files}` : "";
    download(new Blob([...file.parts, "]}"], { type: "application/json" }), `${name}${which}.json`);
  };
  for (const { id, csize } of items.flatMap(toGo)) {
    const data = await bytesOf(id);
    if (!data) continue;
    if (file.bytes && file.bytes + csize > MOST_BYTES) {
      save();
      file = begun({ ...told, items: [] });
    }
    // Each photo is a part of its own: never one text of a hundred megabytes.
    file.parts.push(new Blob([file.bytes ? "," : "", JSON.stringify({ id, csize, data: await base64(data) })]));
    file.bytes += csize;
  }
  save();
  const saved = files > 1 ? `Saved as ${files} files, ${name}.json and on,` : `Saved as ${name}.json`;
  return `${saved} in this phone’s downloads. Send to the office: they can put it in. Nobody else can read it. `
    + "Your entries stay here too, and still go by themselves.";
}

function begun(head) {
  return { parts: [JSON.stringify(head).slice(0, -1), ',"blobs":['], bytes: 0 };
}

function base64(data) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(new Blob([data]));
  });
}

function download(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SHOWN_MS);
}
