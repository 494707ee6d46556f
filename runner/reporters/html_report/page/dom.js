// Elements from short descriptions. Texts become text nodes: nothing that was received is ever read as markup.

const $ = (selector) => document.querySelector(selector);

// el("span.name", {title: "x"}, "text", child, null)
function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  append(made, children);
  return made;
}

function append(parent, children) {
  for (const child of children.flat()) {
    if (child != null && child !== false) parent.append(typeof child === "string" ? visible(child) : child);
  }
}

function say(text) {
  $("#said").textContent = "";
  requestAnimationFrame(() => ($("#said").textContent = text));
}

const narrow = matchMedia("(max-width: 760px)");

async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text); // only where the page is trusted: files and https
  } catch {
    done = copyFromField(text);
  }
  say(done ? "Copied" : "The browser does not let this page copy");
  if (!button) return;
  const before = button.textContent;
  button.textContent = done ? "Copied" : "Not allowed";
  setTimeout(() => (button.textContent = before), 1500);
}

function copyFromField(text) {
  const focused = document.activeElement;
  const field = el("textarea", {"aria-hidden": "true", class: "sr"});
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus({preventScroll: true});
  return done;
}

function copying(words, text, kind = "plain") {
  return el(`button.${kind}`, {type: "button", onclick: (event) => copy(text(), event.currentTarget)}, words);
}

// At most one call in a frame.
function eachFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      work();
    });
  };
}
