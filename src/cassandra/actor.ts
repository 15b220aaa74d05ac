import { hostname, userInfo } from "node:os";

/** Who changes something, for the people who look at it later: `user@host, process 4711`. */
export function describeActor(): string {
  return `${userName()}@${hostname()}, process ${process.pid}`;
}

/** The system may know no name for a user, as in containers. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
