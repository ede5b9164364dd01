// The labelling cell: draws what Python says (state), and sends what the person does. It holds no answers.
// Texts are set with textContent alone, so that nothing in a table is markup.

const STYLE = `
.alc { background: #ffffff; color: #1a1a1a; border: 1px solid #595959; border-radius: 4px; padding: 12px;
  max-width: 60em; font: 15px/1.45 system-ui, sans-serif; color-scheme: light; }
.alc:focus { outline: 3px solid #0b57d0; outline-offset: 2px; }
.alc button, .alc input { font: inherit; color: #1a1a1a; background: #ffffff; border: 1px solid #595959;
  border-radius: 4px; padding: 4px 10px; margin: 3px 6px 3px 0; }
.alc button { cursor: pointer; }
.alc button:focus-visible, .alc input:focus-visible { outline: 3px solid #0b57d0; outline-offset: 1px; }
.alc button[aria-pressed="true"] { background: #d3e3fd; border-width: 2px; }
.alc kbd { font: 12px monospace; background: #eeeeee; color: #1a1a1a; border-radius: 3px; padding: 1px 4px;
  margin-right: 6px; }
.alc .text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; max-height: 24em;
  overflow-y: auto; margin: 4px 0 10px; }
.alc .name, .alc .quiet { color: #4d4d4d; font-size: 13px; }
.alc table { border-collapse: collapse; margin: 4px 0 10px; }
.alc th, .alc td { border: 1px solid #8a8a8a; padding: 2px 8px; text-align: left; color: #1a1a1a; background: #fff; }
.alc .error { color: #a50e0e; font-weight: 600; }
.alc canvas, .alc img { display: block; max-width: 100%; max-height: 24em; margin: 6px 0; border: 1px solid #8a8a8a; }
.alc canvas { width: 192px; height: 192px; image-rendering: pixelated; }
.alc pre { white-space: pre-wrap; font: 13px/1.4 monospace; color: #1a1a1a; background: #fff; }
`;

function make(tag, text, attributes = {}) {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function picture(pixels) {
  const side = pixels.length;
  const canvas = make("canvas", "", { width: side, height: side, role: "img", "aria-label": "the row as a picture" });
  const context = canvas.getContext("2d");
  pixels.forEach((line, y) => line.forEach((value, x) => {
    const grey = Math.round(255 * (1 - value));
    context.fillStyle = `rgb(${grey},${grey},${grey})`;
    context.fillRect(x, y, 1, 1);
  }));
  return canvas;
}

function numbers(cells) {
  const table = make("table");
  const head = table.insertRow(), body = table.insertRow();
  for (const [name, cell] of cells) {
    head.append(make("th", name, { scope: "col" }));
    const td = make("td", cell, { dir: "auto" });
    body.append(td);
  }
  return table;
}

function row(state) {
  const node = make("div", "", { class: "row" });
  if (state.pixels) node.append(picture(state.pixels));
  for (const { name, text, image } of state.texts) {
    node.append(make("div", name, { class: "name" }));
    if (image) node.append(make("img", "", { src: image, alt: text }));
    else node.append(make("div", text, { class: "text", dir: "auto" }));
  }
  if (state.numbers.length) {
    const table = numbers(state.numbers);
    if (!state.pixels) node.append(table);
    else {
      const details = make("details");
      details.append(make("summary", "the numbers"), table);
      node.append(details);
    }
  }
  return node;
}

function render({ model, el }) {
  const root = make("div", "", { class: "alc", tabindex: "0", role: "group", "data-lm-suppress-shortcuts": "true" });
  const style = make("style", STYLE);
  const live = make("div", "", { "aria-live": "polite", role: "status", class: "quiet" });
  const body = make("div");
  root.append(live, body);
  el.append(style, root);
  let typed = "", adding = false, fresh = "";

  const send = (message) => model.send({ token: model.get("state").token, ...message });
  const button = (text, key, act, pressed) => {
    const node = make("button", "", { type: "button" });
    if (key) node.append(make("kbd", key));
    node.append(make("span", text, { dir: "auto" }));
    node.setAttribute("aria-label", key ? `${text}, key ${key}` : text);
    if (key) node.setAttribute("aria-keyshortcuts", key);
    if (pressed !== undefined) node.setAttribute("aria-pressed", String(pressed));
    node.addEventListener("click", () => { act(); root.focus({ preventScroll: true }); });
    return node;
  };

  function choices(state) {
    const node = make("div", "", { class: "classes", role: "group", "aria-label": "classes" });
    const low = typed.trim().toLowerCase();
    const shown = state.classes.filter((one) => !low || one.name.toLowerCase().includes(low));
    shown.sort((a, b) => Number(b.name.toLowerCase().startsWith(low)) - Number(a.name.toLowerCase().startsWith(low)));
    for (const one of shown.slice(0, low ? 30 : state.most))
      node.append(button(one.name, low ? "" : one.key, () => { typed = ""; send({ do: "answer", index: one.index }); },
        state.given === one.name));
    return [node, shown];
  }

  function search(state) {
    const input = make("input", "", { type: "search", placeholder: `search ${state.classes.length} classes ( / )`,
      "aria-label": `search among ${state.classes.length} classes, Enter takes the first` });
    input.value = typed;
    input.addEventListener("input", () => {
      typed = input.value;
      draw();
      const again = body.querySelector("input[type=search]");
      again.focus(); again.setSelectionRange(typed.length, typed.length);
    });
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") { typed = ""; draw(); root.focus(); }
      if (event.key === "Enter") {
        const [, shown] = choices(state);
        if (typed.trim() && shown.length) { typed = ""; send({ do: "answer", index: shown[0].index }); root.focus(); }
      }
    });
    return input;
  }

  function newClass(state) {
    const form = make("div");
    const input = make("input", "", { type: "text", "aria-label": "name of the new class", placeholder: "new class" });
    const add = (sure) => { send({ do: "add", name: input.value, sure }); adding = false; fresh = ""; root.focus(); };
    input.value = state.near ? state.near.name : fresh;
    input.addEventListener("input", () => { fresh = input.value; });
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") add(false);
      if (event.key === "Escape") { adding = false; send({ do: "show" }); root.focus(); }
    });
    form.append(input, button("add", "", () => add(false)));
    if (state.near) {
      form.append(make("div", `${state.near.name} nearly equals ${state.near.like}. Is it another class?`, { class: "error" }));
      form.append(button(`yes, add ${state.near.name}`, "", () => add(true)));
      form.append(button(`no, it is ${state.near.like}`, "", () => { adding = false; send({ do: "show" }); }));
    }
    return [form, input];
  }

  function draw() {
    const state = model.get("state");
    const inside = root.contains(document.activeElement) && document.activeElement !== root;
    const searching = inside && document.activeElement.type === "search";
    root.setAttribute("aria-label", state.title);
    live.textContent = state.line;
    body.replaceChildren();
    for (const note of state.notes) body.append(make("div", note, { class: "quiet" }));
    if (state.error) body.append(make("div", state.error, { class: "error", role: "alert" }));
    if (!state.done) {
      body.append(row(state));
      if (state.classes.length > state.most) body.append(search(state));
      body.append(choices(state)[0]);
    }
    const actions = make("div", "", { role: "group", "aria-label": "actions" });
    for (const [key, name, what] of state.actions)
      actions.append(button(name, key, () => (what === "add" ? startAdding() : send({ do: what }))));
    body.append(actions);
    if (state.guesses) body.append(make("div", state.guesses, { class: "quiet guesses" }));
    if (adding || state.near) {
      const [form, input] = newClass(state);
      body.append(form);
      input.focus();
    } else if (searching && body.querySelector("input[type=search]")) body.querySelector("input[type=search]").focus();
    else if (inside) root.focus({ preventScroll: true });
    if (state.review.length) body.append(make("pre", state.review.join("\n"), { class: "review" }));
  }

  function startAdding() { adding = true; draw(); }

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const state = model.get("state"), tag = event.target.tagName;
    if (tag === "INPUT" || (tag === "BUTTON" && (event.key === "Enter" || event.key === " "))) return;
    const key = event.key.toLowerCase();
    const one = state.done ? undefined : state.classes.find((each) => each.key === key);
    const action = state.actions.find(([name]) => name === key || (key === "backspace" && name === "b"));
    if (one) send({ do: "answer", index: one.index });
    else if (action) { if (action[2] === "add") startAdding(); else send({ do: action[2] }); }
    else if (key === "enter" && state.done) send({ do: "next" });
    else if (key === "/" && body.querySelector("input[type=search]")) body.querySelector("input[type=search]").focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  model.on("change:state", draw);
  draw();
}

export default { render };
