// Texts as people read them.

/** Group the digits of an exact decimal, which stays exact, with so many minor digits at least: "25000.5" is "25,000.50". */
export function money(text, digits = 0) {
  const [whole, minor = ""] = String(text).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return minor || digits ? `${grouped}.${minor.padEnd(digits, "0")}` : grouped;
}

/** The time of day of an ISO time, in its own zone. */
export function time(iso) {
  return /T([\d:]+(?:\.\d{1,3})?)/.exec(iso)?.[1] ?? iso;
}

/** Date and time of an ISO time, to the second, with its zone. */
export function moment(iso) {
  const found = /^(\S+)T([\d:]+)(?:\.\d+)?(.*)$/.exec(iso);
  return found ? `${found[1]} ${found[2]} ${found[3] === "+00:00" || found[3] === "Z" ? "UTC" : found[3]}` : iso;
}

/** How long something took. */
export function duration(milliseconds) {
  return milliseconds < 1 ? "under 1 ms" : `${Math.round(milliseconds).toLocaleString("en")} ms`;
}

/** A count with its noun. */
export function count(number, one, many = `${one}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** A body with line breaks where it is JSON; numbers keep their digits, so the text itself is laid out anew. */
export function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  return laidOut(text);
}

function laidOut(text) {
  let depth = 0;
  const line = (by) => `\n${"  ".repeat((depth += by))}`;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  return tokens
    .map((token, index) => {
      const before = tokens[index - 1];
      const after = tokens[index + 1];
      if (token === "{" || token === "[") {
        return token + (after === "}" || after === "]" ? "" : line(1));
      }
      if (token === "}" || token === "]") {
        return (before === "{" || before === "[" ? "" : line(-1)) + token;
      }
      return token === "," ? token + line(0) : token === ":" ? ": " : token;
    })
    .join("");
}
