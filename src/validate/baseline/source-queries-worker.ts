import { serveWorker } from "../../worker/serve-worker.js";
import { measureSource } from "./source-queries.js";

const api = { measureSource };

export type SourceQueriesApi = typeof api;

serveWorker(api);
