// Renders /api/openapi.json and sends what is typed. No library: the document is simple enough to walk.

const page = document.getElementById("operations");
const who = document.getElementById("who");
let schemas = {};

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function exampleOf(content) {
  const media = content?.["application/json"];
  const first = Object.values(media?.examples ?? {})[0];
  return first ? JSON.stringify(first.value, null, 2) : skeletonOf(media?.schema);
}

function skeletonOf(schema) {
  const name = schema?.$ref?.split("/").pop();
  const fields = (name ? schemas[name] : schema)?.properties ?? {};
  return JSON.stringify(Object.fromEntries(Object.keys(fields).map((field) => [field, null])), null, 2);
}

function fieldOf(parameter) {
  const input = make("input", { name: `${parameter.in}:${parameter.name}`, required: parameter.required === true });
  if (parameter.name.toLowerCase() === "idempotency-key") input.value = crypto.randomUUID();
  const words = [parameter.required ? "required" : "optional", parameter.description].filter(Boolean).join(" · ");
  return make("label", {}, parameter.name, input, make("small", { textContent: words }));
}

function requestOf(path, method, form) {
  const headers = { accept: "application/json, application/problem+json" };
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    const [place, key] = [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];
    if (value === "") continue;
    if (place === "path") path = path.replace(`{${key}}`, encodeURIComponent(value));
    if (place === "query") query.append(key, value);
    if (place === "header") headers[key] = value;
  }
  const { token, session } = Object.fromEntries(new FormData(who));
  if (token && !headers["Springtide-Token"]) headers["Springtide-Token"] = token;
  if (session) headers.authorization = `Bearer ${session}`;
  const body = form.elements.body?.value;
  if (body) headers["content-type"] = "application/json";
  return [query.size ? `${path}?${query}` : path, { method: method.toUpperCase(), headers, body: body || undefined }];
}

async function send(path, method, form, shown) {
  shown.replaceChildren("Waiting for the answer …");
  try {
    const answer = await fetch(...requestOf(path, method, form));
    const text = await answer.text();
    let pretty = text;
    try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it came */ }
    const status = make("strong", { className: answer.ok ? "good" : "bad", textContent: `${answer.status} ${answer.statusText}` });
    shown.replaceChildren(status, `\n${pretty}`);
  } catch (error) {
    shown.replaceChildren(make("strong", { className: "bad", textContent: `No answer: ${error.message}` }));
  }
}

function operationOf(path, method, operation) {
  const form = make("form", {}, ...(operation.parameters ?? []).map(fieldOf));
  if (operation.requestBody) {
    const value = exampleOf(operation.requestBody.content);
    form.append(make("label", {}, "Body", make("textarea", { name: "body", rows: Math.min(16, value.split("\n").length + 1), value })));
  }
  const shown = make("pre", { tabIndex: 0 });
  form.append(make("button", { textContent: `Send ${method.toUpperCase()}` }));
  form.addEventListener("submit", (event) => { event.preventDefault(); send(path, method, form, shown); });
  const head = make("summary", {}, make("span", { className: "method", textContent: method.toUpperCase() }), make("code", { textContent: path }), make("span", { textContent: operation.summary ?? "" }));
  return make("details", {}, head, make("p", { textContent: operation.description ?? "" }), form, shown);
}

const contract = await (await fetch("/api/openapi.json")).json();
schemas = contract.components?.schemas ?? {};
const groups = new Map();
for (const [path, methods] of Object.entries(contract.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const tag = operation.tags?.[0] ?? "Other";
    if (!groups.has(tag)) groups.set(tag, []);
    groups.get(tag).push(operationOf(path, method, operation));
  }
}
const order = (contract.tags ?? []).map((tag) => tag.name).filter((tag) => groups.has(tag));
page.replaceChildren(...order.flatMap((tag) => [make("h2", { textContent: tag }), ...groups.get(tag)]));
