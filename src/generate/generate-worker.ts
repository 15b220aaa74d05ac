import { serveWorker } from "../worker/serve-worker.js";
import { build, type GeneratePhase, type GenerateResult } from "./build.js";
import { BuildControl } from "./build-control.js";
import type { GenerateSettings } from "./generate-options.js";

/** What the thread that builds files offers. */
export type GenerateApi = {
  build(settings: GenerateSettings, control: SharedArrayBuffer): GenerateResult;
};

serveWorker({
  build(settings, shared) {
    const control = new BuildControl(shared);
    return build(settings, (phase: GeneratePhase, done: number) => {
      control.requireWanted();
      control.report(phase, done);
    });
  },
} satisfies GenerateApi);
