import type { MakeLine } from "./lines.js";
import type { Plan, TargetPlan } from "./plan.js";
import type { SourceFacts } from "./source-facts.js";

/** What a cluster's facts are held against. */
export interface ClusterContext {
  readonly source: SourceFacts;
  readonly plan: Plan;
  readonly planned: TargetPlan;
  readonly line: MakeLine;
}
