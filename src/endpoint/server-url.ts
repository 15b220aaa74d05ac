import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";

/** Parameters of a server's URL by their names, percent-decoded. */
export type UrlQuery = ReadonlyMap<string, string>;

/** What follows `scheme://`, in parts. */
export interface ServerUrlParts {
  /** Hosts and ports, not yet checked. */
  readonly authority: string;
  /** Behind the first slash; empty where there is none. */
  readonly path: string;
  readonly query: UrlQuery;
}

/** What a kind of server takes in its URL. */
export interface ServerUrlRules {
  /** As messages name it: `cassandra:`. */
  readonly scheme: string;
  readonly parameters: readonly string[];
  /** Names of parameters that may have been meant to hold a secret. */
  readonly secretNames: RegExp;
  /** What is thrown where the URL may hold a secret. */
  readonly secretFault: () => OctoloadError;
}

/**
 * Takes apart what follows `scheme://`.
 *
 * @throws OctoloadError TARGET_URL. Values are not repeated: one may be a secret in the wrong place.
 */
export function splitServerUrl(rest: string, rules: ServerUrlRules): ServerUrlParts {
  // Anywhere before the question mark: a password may hold slashes, and hosts hold no "@".
  const mark = rest.indexOf("?");
  const place = mark === -1 ? rest : rest.slice(0, mark);
  if (place.includes("@")) throw rules.secretFault();
  const slash = place.indexOf("/");
  return {
    authority: slash === -1 ? place : place.slice(0, slash),
    path: slash === -1 ? "" : place.slice(slash + 1),
    query: readQuery(mark === -1 ? "" : rest.slice(mark + 1), rules),
  };
}

function readQuery(text: string, rules: ServerUrlRules): UrlQuery {
  const query = parseQuery(text);
  for (const name of query.keys()) {
    if (rules.parameters.includes(name)) continue;
    if (rules.secretNames.test(name)) throw rules.secretFault();
    const known = rules.parameters.join(", ");
    throw invalid(`${rules.scheme} takes no parameter ${describeValue(name)}, only ${known}`);
  }
  return query;
}

/** A plus sign stays one: prefixes and paths hold them. */
function parseQuery(text: string): UrlQuery {
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
