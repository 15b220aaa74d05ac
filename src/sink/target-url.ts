import { type CassandraTarget, parseCassandraUrl } from "../cassandra/cassandra-url.js";
import { describeValue } from "../errors/describe-value.js";
import { OctoloadError } from "../errors/octoload-error.js";
import type { Layout } from "./sink.js";

/** A target as its URL names it. `layout`: null where the URL does not say. */
export type TargetUrl =
  | { readonly kind: "sqlite"; readonly path: string; readonly layout: Layout | null }
  | { readonly kind: "null"; readonly layout: Layout | null }
  | ({ readonly kind: "cassandra" } & CassandraTarget);

/** Of a new target whose URL does not say. */
export const DEFAULT_LAYOUT: Layout = "node";

const KNOWN =
  "known are cassandra://<hosts>/<keyspace>, sqlite:<path> and null:, all with ?layout=node or ?layout=tile";

/**
 * Takes `sqlite:path?layout=node|tile`, `null:?layout=node|tile` and `cassandra://…` apart. A path
 * is taken literally up to the first question mark: nothing is percent-decoded.
 *
 * @throws OctoloadError TARGET_URL. Of a URL with another scheme it shows the scheme alone,
 *   because the rest may hold a password.
 */
export function parseTargetUrl(url: string): TargetUrl {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):([\s\S]*)$/i.exec(url) ?? [];
  if (scheme === undefined || rest === undefined) {
    throw invalid(`a target's URL begins with a scheme, but this one has none; ${KNOWN}`);
  }
  const kind = scheme.toLowerCase();
  if (kind === "cassandra") return { kind, ...parseCassandraUrl(url) };
  if (kind !== "sqlite" && kind !== "null") {
    throw invalid(`no target has the scheme ${describeValue(scheme)}; ${KNOWN}`);
  }
  const mark = rest.indexOf("?");
  const path = mark === -1 ? rest : rest.slice(0, mark);
  const layout = parseLayout(mark === -1 ? "" : rest.slice(mark + 1), kind);
  if (kind === "sqlite") return { kind, path: requirePath(path), layout };
  if (path !== "") throw invalid(`null: takes no path, got ${describeValue(path)}`);
  return { kind, layout };
}

function parseLayout(query: string, scheme: string): Layout | null {
  let layout: Layout | null = null;
  for (const [name, value] of new URLSearchParams(query)) {
    if (name !== "layout") {
      throw invalid(`${scheme}: takes no parameter ${describeValue(name)}, only layout`);
    }
    if (layout !== null) throw invalid("layout is given twice");
    if (value !== "node" && value !== "tile") {
      throw invalid(`layout must be node or tile, got ${describeValue(value)}`);
    }
    layout = value;
  }
  return layout;
}

/** SQLite would take "" and ":memory:" for databases that end with the process. */
function requirePath(path: string): string {
  if (path === "") throw invalid("sqlite: needs the path of a file, such as sqlite:earth.db");
  if (path.startsWith("//")) {
    throw invalid(`sqlite: takes a path without leading "//", got ${describeValue(path)}`);
  }
  if (path === ":memory:" || path.includes("\0")) {
    throw invalid(`sqlite: needs the path of a file, got ${describeValue(path)}`);
  }
  return path;
}

function invalid(fault: string): OctoloadError {
  return new OctoloadError("TARGET_URL", fault);
}
