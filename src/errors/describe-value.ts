const MAX_TEXT = 60;

/**
 * How an error message shows a value that came in place of the expected one:
 * short, on one line, and with its type visible (`"5"`, 5, 5n, Float64Array(3)).
 */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shorten(value));
    case "bigint":
      return shorten(`${value}n`);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "function":
      return "a function";
    case "object":
      return describeObject(value);
    default:
      return String(value);
  }
}

function describeObject(value: object | null): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = constructorName(value);
  if (ArrayBuffer.isView(value) && "length" in value) return `${name}(${String(value.length)})`;
  return name === "Object" ? "an object" : `an object of ${name}`;
}

function constructorName(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== "object" || prototype === null) return "Object";
  const made: unknown = prototype.constructor;
  return typeof made === "function" && made.name !== "" ? shorten(made.name) : "Object";
}

function shorten(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
