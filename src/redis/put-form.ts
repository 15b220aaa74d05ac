import type { Redis } from "ioredis";
import { OctoloadError } from "../errors/octoload-error.js";
import {
  PUT_FUNCTION,
  PUT_LIBRARY,
  PUT_LIBRARY_CODE,
  PUT_SCRIPT,
  PUT_SCRIPT_SHA,
} from "./put-function.js";
import { isReplyError } from "./session-errors.js";

/** How entries are put so that newer ones stay: a Function of Redis 7, or a script. */
export type PutForm =
  | { readonly kind: "function"; readonly name: string }
  | { readonly kind: "script"; readonly sha: string };

export const putFunctionForm: PutForm = { kind: "function", name: PUT_FUNCTION };
export const putScriptForm: PutForm = { kind: "script", sha: PUT_SCRIPT_SHA };

/** What loads it into a server, whatever is there. */
export function loadCommand(form: PutForm): readonly string[] {
  return form.kind === "function"
    ? ["FUNCTION", "LOAD", "REPLACE", PUT_LIBRARY_CODE]
    : ["SCRIPT", "LOAD", PUT_SCRIPT];
}

/** What calls it with keys and arguments behind, beginning with the number of keys. */
export function callCommand(form: PutForm): readonly [string, string] {
  return form.kind === "function" ? ["FCALL", form.name] : ["EVALSHA", form.sha];
}

/**
 * Sees to it that a server has what puts entries: it is loaded where it is missing or another. A
 * user who may not load it can use what somebody else has loaded.
 *
 * @throws OctoloadError REDIS_PERMISSION where it is missing and may not be loaded
 * @throws what ioredis throws of a connection that fails
 */
export async function installPut(client: Redis, form: PutForm, place: string): Promise<void> {
  if (form.kind === "function" && (await hasLibrary(client))) return;
  try {
    await call(client, loadCommand(form));
  } catch (error) {
    if (!isDenied(error)) throw error;
    if (await isCallable(client, form)) return;
    const command = form.kind === "function" ? "FUNCTION LOAD" : "SCRIPT LOAD";
    const fault = `${place}: the user may not run ${command}, and ${PUT_LIBRARY} is not loaded`;
    throw new OctoloadError("REDIS_PERMISSION", fault);
  }
}

/** Whether a call comes as far as the function or script: without keys that refuses, by an error. */
async function isCallable(client: Redis, form: PutForm): Promise<boolean> {
  const answer = await errorOf(client, [...callCommand(form), "0"]);
  return answer?.message.includes("octoload: keys and arguments") ?? false;
}

async function hasLibrary(client: Redis): Promise<boolean> {
  try {
    const list = ["FUNCTION", "LIST", "LIBRARYNAME", PUT_LIBRARY, "WITHCODE"];
    const libraries: unknown = await call(client, list);
    // Pairs of name and value, as RESP2 lists what is a map in RESP3.
    return Array.isArray(libraries) && libraries.flat().includes(PUT_LIBRARY_CODE);
  } catch (error) {
    if (isDenied(error)) return false;
    throw error;
  }
}

/** The error that a server answers; undefined: none. @throws what a failing connection throws */
export async function errorOf(
  client: Redis,
  command: readonly string[],
): Promise<Error | undefined> {
  try {
    await call(client, command);
    return undefined;
  } catch (error) {
    if (isReplyError(error)) return error;
    throw error;
  }
}

function call(client: Redis, [name = "", ...args]: readonly string[]): Promise<unknown> {
  return client.call(name, args);
}

export function isDenied(error: unknown): boolean {
  return isReplyError(error) && error.message.startsWith("NOPERM");
}
