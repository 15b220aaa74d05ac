declare const dictionaryHandle: unique symbol;
/** A dictionary prepared by the addon; opaque. */
export interface DictionaryHandle {
  readonly [dictionaryHandle]: true;
}

declare const frameHandle: unique symbol;
/** A frame as the addon holds it; opaque. */
export interface FrameHandle {
  readonly [frameHandle]: true;
}
