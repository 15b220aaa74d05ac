/** How keys are laid out in a target: whole codes (levels 0..21), or tile and cell (0..26). */
export type Layout = "node" | "tile";
