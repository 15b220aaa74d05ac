import type { ErrorEntry } from "./error-entry.js";

/** The part of the error table that is about Redis. */
export const redisErrors = [
  {
    code: "REDIS_UNREACHABLE",
    cause: "None of the cache's hosts answered.",
    remedy: "Check the hosts and the port in the cache's URL, and that the servers are up.",
  },
  {
    code: "REDIS_AUTH",
    cause: "Redis does not accept the user and the password, or wants some.",
    remedy:
      "Set OCTOLOAD_REDIS_PASSWORD or OCTOLOAD_REDIS_PASSWORD_FILE, and the user by ?username= or OCTOLOAD_REDIS_USERNAME.",
  },
  {
    code: "REDIS_SECRETS",
    cause: "The settings that hold user and password are incomplete, or their file is unreadable.",
    remedy:
      "Set OCTOLOAD_REDIS_PASSWORD or OCTOLOAD_REDIS_PASSWORD_FILE, and the user by ?username= or OCTOLOAD_REDIS_USERNAME.",
  },
  {
    code: "REDIS_TLS",
    cause: "No encrypted connection: a certificate is not trusted, expired or of another host.",
    remedy: "Check ca, cert, key and tls-name in the cache's URL, and the servers' certificates.",
  },
  {
    code: "REDIS_PERMISSION",
    cause: "The ACL user may not run a command, or not use the keys, that the cache needs.",
    remedy: "Grant what the message names, with ACL SETUSER on each server or in its ACL file.",
  },
  {
    code: "REDIS_MODE",
    cause: "The server is of another kind than the URL says: a cluster, none, or a replica.",
    remedy: "Use redis+cluster:// for a cluster, redis:// for a single server, and its master.",
  },
  {
    code: "REDIS_LOADING",
    cause: "Redis has not read its data set into memory yet.",
    remedy: "Wait until it has: `redis-cli INFO persistence` shows loading:0.",
  },
  {
    code: "REDIS_VERSION",
    cause: "A server is older than octoload can write to.",
    remedy: "Upgrade Redis to 5.0 or newer; from 7.0 on its Functions are used.",
  },
  {
    code: "REDIS_REFUSED",
    cause: "Redis answers an error to what octoload asks for.",
    remedy: "Look at the message, which is the server's.",
  },
  {
    code: "REDIS_PROTOCOL",
    cause: "What a server sent is not RESP2, the protocol of Redis.",
    remedy: "Check that the port in the cache's URL is that of Redis, and nothing rewrites it.",
  },
  {
    code: "NOT_CACHED",
    cause: "A row for the hot cache was skipped: the cache is full, slow or down, or refused it.",
    remedy:
      "Nothing is lost: reads find it in Cassandra. Fill the cache later with `octoload warm`, once the cause that the report names is gone.",
  },
] as const satisfies readonly ErrorEntry[];
