// Calls of the sandbox's own JSON API.

/** What the sandbox refused, or that it cannot be reached. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }

  /** The message's parts, each with the place it is about: `body.allowed_ips[0]`, or "" for none. */
  get parts() {
    const parts = [];
    for (const piece of this.message.split("; ")) {
      const found = /^(body(?:[.[][^:\s]*)?): ([^]*)$/.exec(piece);
      if (found) {
        parts.push({ place: found[1], text: found[2] });
      } else if (parts.length) {
        parts.at(-1).text += `; ${piece}`;
      } else {
        parts.push({ place: "", text: piece });
      }
    }
    return parts;
  }
}

/** The path at which the sandbox is mounted, with a slash at the end; this file is two folders below it. */
export const ROOT = new URL("../../", import.meta.url).pathname;

/**
 * Send a request to `/_sandbox/{path}`, and return the JSON of its answer.
 * @throws {Refused}
 */
export async function call(method, path, body) {
  const answer = await send(method, path, body);
  const read = await answer.json().catch(() => ({}));
  if (!answer.ok || read.success === false) {
    throw new Refused(read.message ?? `the sandbox answered ${answer.status}`, answer.status);
  }
  return read;
}

async function send(method, path, body) {
  const options = { method, headers: { accept: "application/json" }, cache: "no-store" };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = typeof body === "string" ? body : JSON.stringify(body);
  }
  try {
    return await fetch(`${ROOT}_sandbox/${path}`, options);
  } catch {
    throw new Refused("the sandbox cannot be reached; is it still running?", 0);
  }
}
