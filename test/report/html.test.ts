import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Html, html, nothing } from "../../src/report/html.js";
import { runs } from "../support/seed.js";

describe("html", () => {
  it("escapes what is put into it, in text and in attributes", () => {
    const evil = `<script>alert("1" + '&')</script>`;
    expect(html`<a title="${evil}">${evil}</a>`.text).toBe(
      '<a title="&lt;script&gt;alert(&quot;1&quot; + &#39;&amp;&#39;)&lt;/script&gt;">' +
        "&lt;script&gt;alert(&quot;1&quot; + &#39;&amp;&#39;)&lt;/script&gt;</a>",
    );
  });

  it("takes Html as it is, joins lists, escapes their texts", () => {
    const items = ["a", "<b>"].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}${["<", 5]}${nothing}</ul>`.text).toBe(
      "<ul><li>a</li><li>&lt;b&gt;</li>&lt;5</ul>",
    );
  });

  it("shows control characters as a replacement", () => {
    expect(html`${"a\u0000b\u001bc\td\ne"}`.text).toBe("a\ufffdb\ufffdc\td\ne");
    expect(html`${"\u007f\u0085\u009f\u00a0é\r"}`.text).toBe("\ufffd\ufffd\ufffd\u00a0é\r");
  });

  it("lets no text open a tag or end an attribute", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(html`${text}`.text).not.toMatch(/[<>"']/);
      }),
      runs(300),
    );
    expect(new Html("<b>").text).toBe("<b>");
  });
});
