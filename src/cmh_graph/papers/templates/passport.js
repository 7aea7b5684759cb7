"use strict";
/* Reads and writes a passport in the browser. No request is ever made: the page's policy forbids it. */
const Passport = (() => {
  const MOST_BYTES = 5 << 20;
  const SEED = "passport.json";

  /* --- what a person wrote <-> a plain value --- */

  function clean(text, most) {
    return typeof text === "string" ? text.slice(0, most) : "";
  }

  function read(value, about, ratings) {
    if (!value || typeof value !== "object" || value.form !== about.form) {
      throw new Error("This file is no skills passport that this page knows.");
    }
    const known = new Set(about.sections.flatMap((section) => section.entries.map((entry) => entry.key)));
    const found = {};
    let strange = 0;
    for (const one of Array.isArray(value.entries) ? value.entries : []) {
      if (one && known.has(one.key)) {
        found[one.key] = {
          rating: ratings.includes(one.rating) ? one.rating : "",
          evidence: clean(one.evidence, 2000),
          badge: /^https?:\/\//.test(one.badge || "") ? clean(one.badge, 500) : "",
        };
      } else {
        strange += 1;
      }
    }
    return { entries: found, strange };
  }

  function made(about, answers) {
    const entries = [];
    for (const section of about.sections) {
      for (const entry of section.entries) {
        const answer = answers[entry.key] || {};
        if (answer.rating || answer.evidence || answer.badge) {
          const one = { key: entry.key, label: entry.label, rating: answer.rating || "", evidence: answer.evidence || "" };
          if (entry.achievement) {
            one.achievement = { id: entry.achievement, type: ["Achievement"] };
          }
          if (answer.badge) {
            one.badge = answer.badge;
          }
          entries.push(one);
        }
      }
    }
    return { form: about.form, passport: about.name, version: about.version, entries };
  }

  /* --- a Word file: a zip of a few parts, one of which holds the value itself --- */

  const CRC = (() => {
    const table = new Uint32Array(256);
    for (let n = 0; n < 256; n += 1) {
      let c = n;
      for (let k = 0; k < 8; k += 1) {
        c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
      }
      table[n] = c >>> 0;
    }
    return (bytes) => {
      let c = 0xffffffff;
      for (const byte of bytes) {
        c = table[(c ^ byte) & 0xff] ^ (c >>> 8);
      }
      return (c ^ 0xffffffff) >>> 0;
    };
  })();

  function zip(parts) {
    const encoder = new TextEncoder();
    const pieces = [];
    const index = [];
    let offset = 0;
    for (const [name, text] of parts) {
      const path = encoder.encode(name);
      const body = encoder.encode(text);
      const head = new DataView(new ArrayBuffer(30));
      head.setUint32(0, 0x04034b50, true);
      head.setUint16(4, 20, true);
      head.setUint16(12, 0x21, true); /* 1 January 1980: no clock */
      head.setUint32(14, CRC(body), true);
      head.setUint32(18, body.length, true);
      head.setUint32(22, body.length, true);
      head.setUint16(26, path.length, true);
      const entry = new DataView(new ArrayBuffer(46));
      entry.setUint32(0, 0x02014b50, true);
      entry.setUint16(4, 20, true);
      entry.setUint16(6, 20, true);
      entry.setUint16(14, 0x21, true);
      entry.setUint32(16, CRC(body), true);
      entry.setUint32(20, body.length, true);
      entry.setUint32(24, body.length, true);
      entry.setUint16(28, path.length, true);
      entry.setUint32(42, offset, true);
      pieces.push(new Uint8Array(head.buffer), path, body);
      index.push(new Uint8Array(entry.buffer), path);
      offset += 30 + path.length + body.length;
    }
    const size = index.reduce((sum, one) => sum + one.length, 0);
    const end = new DataView(new ArrayBuffer(22));
    end.setUint32(0, 0x06054b50, true);
    end.setUint16(8, parts.length, true);
    end.setUint16(10, parts.length, true);
    end.setUint32(12, size, true);
    end.setUint32(16, offset, true);
    const all = [...pieces, ...index, new Uint8Array(end.buffer)];
    const out = new Uint8Array(all.reduce((sum, one) => sum + one.length, 0));
    let at = 0;
    for (const one of all) {
      out.set(one, at);
      at += one.length;
    }
    return out;
  }

  async function unzip(bytes, wanted) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let end = bytes.length - 22;
    while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) {
      end -= 1;
    }
    if (end < 0) {
      throw new Error("This file is no Word document.");
    }
    let at = view.getUint32(end + 16, true);
    const count = view.getUint16(end + 10, true);
    for (let n = 0; n < count && at + 46 <= bytes.length; n += 1) {
      const length = view.getUint16(at + 28, true);
      const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length));
      if (wanted(name)) {
        const method = view.getUint16(at + 10, true);
        const size = view.getUint32(at + 20, true);
        const start = view.getUint32(at + 42, true);
        const body = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
        const part = bytes.subarray(body, body + size);
        if (method === 0) {
          refuseLarge(part.length);
          return new TextDecoder().decode(part);
        }
        return inflate(part);
      }
      at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    }
    throw new Error("This Word document holds no skills passport.");
  }

  function refuseLarge(length) {
    if (length > MOST_BYTES) {
      throw new Error("This file is larger than a passport can be.");
    }
  }

  async function inflate(part) {
    const reader = new Blob([part]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    const found = [];
    let length = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      length += value.length;
      refuseLarge(length);
      found.push(value);
    }
    return new Blob(found).text();
  }

  const NEVER = new RegExp("[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ufffe\\uffff]", "g");

  function xml(text) {
    return String(text).replace(NEVER, "").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
      .replace(/"/g, "&quot;");
  }

  function docx(about, answers) {
    const line = (text, style) =>
      `<w:p>${style ? `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>` : ""}<w:r><w:t xml:space="preserve">${xml(text)}</w:t></w:r></w:p>`;
    const body = [line(about.title, "Heading1"), ...about.about.map((text) => line(text))];
    for (const section of about.sections) {
      body.push(line(section.label, "Heading2"));
      for (const entry of section.entries) {
        const answer = answers[entry.key] || {};
        body.push(line(entry.label + (entry.inferred ? " (inferred)" : ""), "Heading3"));
        entry.statements.forEach((text) => body.push(line(`“${text}”`)));
        body.push(line(`Where I am: ${answer.rating || "not said"}`));
        if (answer.evidence) {
          body.push(line(answer.evidence));
        }
        if (answer.badge) {
          body.push(line(`Badge: ${answer.badge}`));
        }
      }
    }
    const word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
    const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const packageOf = "http://schemas.openxmlformats.org/package/2006";
    const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
    const style = (id, name, size) =>
      `<w:style w:type="paragraph" w:styleId="${id}"><w:name w:val="${name}"/><w:pPr><w:keepNext/><w:outlineLvl w:val="${name.slice(-1) - 1}"/></w:pPr><w:rPr><w:b/><w:sz w:val="${size}"/></w:rPr></w:style>`;
    const types = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    return zip([
      ["[Content_Types].xml", `${head}<Types xmlns="${packageOf}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="${types}.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="${types}.styles+xml"/></Types>`],
      ["_rels/.rels", `${head}<Relationships xmlns="${packageOf}/relationships"><Relationship Id="rId1" Type="${office}/officeDocument" Target="word/document.xml"/></Relationships>`],
      ["word/_rels/document.xml.rels", `${head}<Relationships xmlns="${packageOf}/relationships"><Relationship Id="rId1" Type="${office}/styles" Target="styles.xml"/><Relationship Id="rId2" Type="${office}/customXml" Target="../customXml/item1.xml"/></Relationships>`],
      ["word/styles.xml", `${head}<w:styles xmlns:w="${word}">${style("Heading1", "heading 1", 36)}${style("Heading2", "heading 2", 28)}${style("Heading3", "heading 3", 24)}</w:styles>`],
      ["word/document.xml", `${head}<w:document xmlns:w="${word}"><w:body>${body.join("")}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>`],
      ["customXml/item1.xml", `${head}<passport xmlns="${about.form}" name="${SEED}">${xml(JSON.stringify(made(about, answers)))}</passport>`],
    ]);
  }

  async function open(bytes) {
    refuseLarge(bytes.length);
    let text;
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
      const part = await unzip(bytes, (name) => /^customXml\/item\d+\.xml$/.test(name));
      text = part.replace(/^[\s\S]*?<passport[^>]*>/, "").replace(/<\/passport>[\s\S]*$/, "")
        .replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&amp;/g, "&");
    } else {
      text = new TextDecoder().decode(bytes);
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new Error("This file is no skills passport that this page knows.");
    }
  }

  return { read, made, docx, open };
})();

if (typeof document !== "undefined") {
  const about = JSON.parse(document.getElementById("data").textContent);
  const form = document.getElementById("passport");
  const ratings = [...new Set([...form.querySelectorAll("input[type=radio]")].map((one) => one.value))];
  const sets = [...form.querySelectorAll("fieldset")];
  let unsaved = false;

  const tell = (text) => {
    document.getElementById("told").textContent = text;
  };
  const answers = () => {
    const found = {};
    for (const one of sets) {
      const rated = one.querySelector("input[type=radio]:checked");
      const field = (name) => one.querySelector(`[data-field=${name}]`)?.value.trim() || "";
      found[one.dataset.key] = { rating: rated ? rated.value : "", evidence: field("evidence"), badge: field("badge") };
    }
    return found;
  };
  const fill = (found) => {
    form.reset();
    for (const one of sets) {
      const answer = found[one.dataset.key];
      if (answer) {
        for (const radio of one.querySelectorAll("input[type=radio]")) {
          radio.checked = radio.value === answer.rating;
        }
        for (const name of ["evidence", "badge"]) {
          const field = one.querySelector(`[data-field=${name}]`);
          if (field) {
            field.value = answer[name];
          }
        }
      }
    }
  };
  const save = (bytes, suffix, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type }));
    link.download = about.name + suffix;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    unsaved = false;
    tell("Saved. Keep the file: this page keeps nothing.");
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => {
    unsaved = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) {
      event.preventDefault();
    }
  });
  document.getElementById("save-json").addEventListener("click", () =>
    save(JSON.stringify(Passport.made(about, answers()), null, 2), ".json", "application/json"));
  document.getElementById("save-docx").addEventListener("click", () =>
    save(Passport.docx(about, answers()), ".docx",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document"));
  document.getElementById("print").addEventListener("click", () => window.print());
  document.getElementById("clear").addEventListener("click", () => {
    if (!unsaved || window.confirm("Clear everything that you wrote?")) {
      form.reset();
      unsaved = false;
      tell("Cleared.");
    }
  });
  document.getElementById("open").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    event.target.value = "";
    if (!file) {
      return;
    }
    try {
      const found = Passport.read(await Passport.open(new Uint8Array(await file.arrayBuffer())), about, ratings);
      fill(found.entries);
      unsaved = false;
      const count = Object.keys(found.entries).length;
      const left = found.strange ? ` ${found.strange} entries are of another role or version and were left out.` : "";
      tell(`Opened: ${count} entries.${left}`);
    } catch (error) {
      tell(`${error.message} Nothing was changed.`);
    }
  });
}
if (typeof module !== "undefined") {
  module.exports = Passport;
}
