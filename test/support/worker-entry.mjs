// Where worker threads of the tests begin: threads do not inherit the loader
// that lets a process run TypeScript.
import { workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

register();
await import(workerData.program);
