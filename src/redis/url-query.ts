import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** Parameters of a cache's URL by their names, percent-decoded. */
export type UrlQuery = ReadonlyMap<string, string>;

/**
 * The parameters behind a URL's question mark. A plus sign stays one: prefixes and paths hold them.
 *
 * @throws OctoloadError TARGET_URL. Values are not repeated: one may be a secret in the wrong place.
 */
export function parseUrlQuery(text: string): UrlQuery {
  const query = new Map<string, string>();
  for (const part of text.split("&")) {
    if (part === "") continue;
    const sign = part.indexOf("=");
    if (sign === -1) throw invalid("a parameter of the URL has no value: name=value is expected");
    const name = decode(part.slice(0, sign));
    if (query.has(name)) throw invalid(`${describeValue(name)} is given twice`);
    query.set(name, decode(part.slice(sign + 1)));
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('a parameter of the URL has a "%" that begins no escape such as %20');
  }
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("TARGET_URL", fault);
}
