export type Rgb = readonly [red: number, green: number, blue: number];

/**
 * A colour of the ramp, `t` 0..1: from deep indigo over teal to light yellow. Lightness
 * rises evenly in Oklab, so that order is seen in grey and without colour vision too.
 */
export function rampColor(t: number): Rgb {
  const place = Math.min(1, Math.max(0, t));
  const lightness = 0.34 + 0.56 * place;
  const hue = ((288 - 188 * place) * Math.PI) / 180;
  // Where a screen cannot show the chroma, less of it keeps lightness and hue.
  for (let chroma = 0.15; chroma > 0; chroma -= 0.005) {
    const color = oklabToLinear(lightness, chroma * Math.cos(hue), chroma * Math.sin(hue));
    if (color.every((part) => part >= 0 && part <= 1)) return encoded(color);
  }
  return encoded(oklabToLinear(lightness, 0, 0));
}

export function cssColor([red, green, blue]: Rgb): string {
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** Oklab to linear sRGB: https://bottosson.github.io/posts/oklab/ */
function oklabToLinear(lightness: number, a: number, b: number): [number, number, number] {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** The transfer curve of sRGB (IEC 61966-2-1), to bytes. */
function encoded(linear: readonly [number, number, number]): Rgb {
  const [red, green, blue] = linear.map((part) => {
    const value = part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055;
    return Math.round(Math.min(1, Math.max(0, value)) * 255);
  });
  return [red ?? 0, green ?? 0, blue ?? 0];
}
