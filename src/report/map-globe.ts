import { type Html, html, nothing } from "./html.js";

/** Degrees between the lines of the graticule, and the size of the fields with a tooltip. */
export const FIELD_DEGREES = 30;

export interface GlobeParts {
  /** Of the whole map, longitude -180..180 from left to right, latitude 90..-90 downwards. */
  readonly png: Buffer;
  /** Of the picture, in pixels. */
  readonly width: number;
  /** What the map is of, for those who do not see it. */
  readonly what: string;
  /** Drawn over the picture, in degrees with y downwards. */
  readonly overlay?: Html;
  /** What a field has, by its left and upper side in degrees, y downwards. */
  readonly describe: (left: number, top: number) => string;
}

/** The planet as a picture with graticule and tooltips. */
export function globe({ png, width, what, overlay = nothing, describe }: GlobeParts): Html {
  // Few pixels are shown as what they are, many smoothly.
  const rendering = width < 600 ? "pixelated" : "auto";
  return html`<div class="globe">
<svg viewBox="-180 -90 360 180" preserveAspectRatio="none" role="img" aria-label="map of the ${what}">
<image x="-180" y="-90" width="360" height="180" preserveAspectRatio="none" style="image-rendering:${rendering}" href="data:image/png;base64,${png.toString("base64")}"/>
${overlay}${graticule()}
${fields(describe)}
</svg>${degreeLabels()}</div>`;
}

function graticule(): Html[] {
  const lines: Html[] = [];
  for (let lon = -180 + FIELD_DEGREES; lon < 180; lon += FIELD_DEGREES) {
    lines.push(html`<line class="graticule" x1="${lon}" x2="${lon}" y1="-90" y2="90"/>`);
  }
  for (let lat = -90 + FIELD_DEGREES; lat < 90; lat += FIELD_DEGREES) {
    const name = lat === 0 ? "graticule equator" : "graticule";
    lines.push(html`<line class="${name}" x1="-180" x2="180" y1="${-lat}" y2="${-lat}"/>`);
  }
  return lines;
}

function degreeLabels(): Html[] {
  const labels: Html[] = [];
  for (let lon = -120; lon <= 120; lon += 60) {
    const left = (((lon + 180) / 360) * 100).toFixed(2);
    labels.push(html`<span class="lon" style="left:${left}%">${longitude(lon)}</span>`);
  }
  for (let lat = -60; lat <= 60; lat += FIELD_DEGREES) {
    const top = (((90 - lat) / 180) * 100).toFixed(2);
    labels.push(html`<span class="lat" style="top:${top}%">${latitude(lat)}</span>`);
  }
  return labels;
}

/** Invisible fields that say what lies under the pointer. */
function fields(describe: GlobeParts["describe"]): Html[] {
  const found: Html[] = [];
  for (let top = -90; top < 90; top += FIELD_DEGREES) {
    for (let left = -180; left < 180; left += FIELD_DEGREES) {
      const place = `${latitude(-top - FIELD_DEGREES)} to ${latitude(-top)}, ${longitude(left)} to ${longitude(left + FIELD_DEGREES)}`;
      found.push(
        html`<rect class="hover" x="${left}" y="${top}" width="${FIELD_DEGREES}" height="${FIELD_DEGREES}"><title>${place}
${describe(left, top)}</title></rect>`,
      );
    }
  }
  return found;
}

function longitude(degrees: number): string {
  if (degrees === 0 || Math.abs(degrees) === 180) return `${Math.abs(degrees)}°`;
  return `${Math.abs(degrees)}° ${degrees < 0 ? "W" : "E"}`;
}

function latitude(degrees: number): string {
  if (degrees === 0) return "0°";
  return `${Math.abs(degrees)}° ${degrees < 0 ? "S" : "N"}`;
}
