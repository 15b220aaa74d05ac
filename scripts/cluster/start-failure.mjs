// What to say of a server that did not start.
import { existsSync, readFileSync } from "node:fs";

/** @type {readonly (readonly [RegExp, string])[]} */
const hints = [
  [/Address already in use/i, "another process took one of its ports: try again"],
  [
    /OutOfMemoryError|insufficient memory|Cannot allocate memory/i,
    "this machine has too little free memory for it: fewer nodes or a smaller heap",
  ],
  [/No space left on device/i, "the disk is full: name a --dir elsewhere"],
  [/UnsupportedClassVersionError|Unrecognized option/i, "it needs Java 17"],
  [/Invalid yaml|ConfigurationException/i, "a setting given to it is refused"],
];

const tailLines = 25;

/**
 * @param {string} what
 * @param {string} logFile
 * @returns {Error} with the end of the log and, where the log tells, what to do
 */
export function startFailure(what, logFile) {
  const log = existsSync(logFile) ? readFileSync(logFile, "utf8") : "";
  const tail = log.trimEnd().split("\n").slice(-tailLines).join("\n");
  const hint = hints.find(([pattern]) => pattern.test(log))?.[1];
  return new Error(
    `${tail}\n${what}${hint === undefined ? "" : `; ${hint}`} (the above is the end of its log)`,
  );
}
