// Putting it together: what a person chose is in `wanted` and in the address, so that a link leads to the same view.

const page = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const fields = ["writers", "readers", "scenario"];
const ticks = ["grouped", "finals", "nextTurn"];
const initial = () => ({
  family: page.matrices[0]?.family,
  rows: "writers",
  writers: "",
  readers: "",
  scenario: "",
  verdicts: new Set(),
  nextTurn: page.nextTurn,
  grouped: page.grouped,
  finals: false,
});

let wanted = initial();
let view;
let active = [0, 0]; // the cell that Tab leads to
let opened; // the names of the row and the column that are shown in full

function draw() {
  const matrix = page.matrices.find((each) => each.family === wanted.family);
  if (!matrix) {
    at("nothing").hidden = false;
    at("grid").hidden = true;
    at("controls").hidden = true;
    return;
  }
  const kept = view && placeNames(...active);
  view = new View(matrix, wanted, page.verdicts);
  drawVerdicts(at("verdicts"), view, page);
  drawDirections(at("directions"), view, page);
  drawGrid(at("grid"), view, page);
  const none = !view.rows.length || !view.columns.length;
  at("grid").hidden = none;
  for (const name of fields) at(name).setAttribute("aria-invalid", String(!view.matches[name]));
  at("nothing").hidden = !none;
  at("about").textContent = howMuch(view);
  at("reading-aid").textContent = howToRead(view);
  at("origin").textContent = matrix.about;
  at("reset").hidden = !(wanted.writers || wanted.readers || wanted.scenario || wanted.verdicts.size || wanted.finals);
  activate(...((kept && find(...kept)) || [0, 0]));
  const place = opened && find(...opened);
  place ? open(...place) : close();
  remember();
}

const placeNames = (row, column) => [view.rows[row]?.names[0], view.columns[column]?.names[0]];

function find(row, column) {
  const place = [
    view.rows.findIndex((each) => each.names.includes(row)),
    view.columns.findIndex((each) => each.names.includes(column)),
  ];
  return place.includes(-1) ? undefined : place;
}

const cellAt = (row, column) => at("grid").tBodies[0]?.rows[row]?.cells[column + 1];

// Which row and column an element of the grid stands in; undefined outside its cells.
function placeOf(target) {
  const cell = target.closest?.("td");
  return cell ? [cell.parentNode.sectionRowIndex, cell.cellIndex - 1] : undefined;
}

function activate(row, column) {
  cellAt(...active)?.setAttribute("tabindex", "-1");
  for (const each of at("grid").querySelectorAll('td[tabindex="0"]')) each.setAttribute("tabindex", "-1");
  active = [row, column];
  cellAt(row, column)?.setAttribute("tabindex", "0");
}

function aim(place) {
  for (const each of at("grid").querySelectorAll("th.aim")) each.classList.remove("aim");
  if (!place) {
    at("readout").textContent = "";
    return;
  }
  const [row, column] = place;
  at("grid").tBodies[0].rows[row].cells[0].classList.add("aim");
  at("grid").tHead.rows[0].cells[column + 1].classList.add("aim");
  const [from, to] = [view.rows[row], view.columns[column]].map(({ names }) => label(names, view.matrix));
  at("readout").textContent = `${from} read by ${to}: ${inWords(view.cells[row][column], page)}`;
}

function open(row, column) {
  const cell = view.cells[row][column];
  for (const each of at("grid").querySelectorAll("[aria-selected]")) each.removeAttribute("aria-selected");
  if (cell.worst === NOTHING) {
    close();
    return;
  }
  cellAt(row, column).setAttribute("aria-selected", "true");
  opened = placeNames(row, column);
  at("details").replaceChildren(...cellInFull(view.rows[row], view.columns[column], cell, view, page));
  at("details").scrollTop = 0;
  at("details").hidden = false;
  document.body.classList.add("opened");
  cellAt(row, column).scrollIntoView({ block: "nearest", inline: "nearest" });
}

function close() {
  const had = at("details").contains(document.activeElement);
  at("details").hidden = true;
  document.body.classList.remove("opened");
  opened = undefined;
  for (const each of at("grid").querySelectorAll("[aria-selected]")) each.removeAttribute("aria-selected");
  if (had) cellAt(...active)?.focus();
}

// The address

function remember() {
  const parts = new URLSearchParams();
  const usual = initial();
  for (const name of ["family", "rows", ...fields]) if (wanted[name] !== usual[name]) parts.set(name, wanted[name]);
  if (wanted.verdicts.size)
    parts.set("verdicts", [...wanted.verdicts].map((verdict) => page.verdicts[verdict].name).join());
  for (const name of ticks) if (wanted[name] !== usual[name]) parts.set(name, wanted[name]);
  if (opened) {
    parts.set("row", opened[0]);
    parts.set("column", opened[1]);
  }
  const text = parts.toString();
  if (location.hash.slice(1) !== text)
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

function recall() {
  const parts = new URLSearchParams(location.hash.slice(1));
  wanted = initial();
  if (page.matrices.some((matrix) => matrix.family === parts.get("family"))) wanted.family = parts.get("family");
  if (parts.get("rows") === "scenarios") wanted.rows = "scenarios";
  for (const name of fields) wanted[name] = parts.get(name) ?? "";
  for (const name of ticks) if (parts.has(name)) wanted[name] = parts.get(name) === "true";
  const names = (parts.get("verdicts") ?? "").split(",");
  wanted.verdicts = new Set(page.verdicts.flatMap((verdict, index) => (names.includes(verdict.name) ? [index] : [])));
  opened = parts.has("row") && parts.has("column") ? [parts.get("row"), parts.get("column")] : undefined;
  show();
}

// The controls say what is wanted.
function show() {
  for (const name of fields) at(name).value = wanted[name];
  for (const name of ticks) at(name).checked = wanted[name];
  at("controls").elements.rows.value = wanted.rows;
  for (const radio of at("families").querySelectorAll("input")) radio.checked = radio.value === wanted.family;
  offer();
  draw();
}

function offer() {
  const matrix = page.matrices.find((each) => each.family === wanted.family);
  if (!matrix) return;
  const options = (names) =>
    names.map((name) =>
      element("option", { value: name.startsWith(`${matrix.family}@`) ? name.slice(matrix.family.length + 1) : name }),
    );
  at("writer-names").replaceChildren(...options(matrix.writers));
  at("reader-names").replaceChildren(...options(matrix.readers.map((reader) => reader.name)));
  at("scenario-names").replaceChildren(...options(matrix.scenarios));
}

// Light and dark

const THEMES = ["auto", "light", "dark"];
function theme(name) {
  document.documentElement.dataset.theme = name;
  at("theme").textContent = { auto: "◐ As the system", light: "○ Light", dark: "● Dark" }[name];
  at("theme").setAttribute("aria-label", `Colours: ${name === "auto" ? "as the system" : name}. Change.`);
}
function storedTheme() {
  try {
    return THEMES.includes(localStorage.getItem("pysession-theme")) ? localStorage.getItem("pysession-theme") : "auto";
  } catch {
    return "auto"; // a page may be opened where nothing can be stored
  }
}
at("theme").addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  theme(next);
  try {
    localStorage.setItem("pysession-theme", next);
  } catch {
    // then it holds for this page only
  }
});

// What a person does

at("controls").addEventListener("submit", (event) => event.preventDefault());
at("controls").addEventListener("reset", (event) => {
  event.preventDefault();
  wanted = { ...wanted, writers: "", readers: "", scenario: "", verdicts: new Set(), finals: false };
  show();
  at("writers").focus();
});
at("controls").addEventListener("input", ({ target }) => {
  if (fields.includes(target.id)) wanted[target.id] = target.value;
  else if (ticks.includes(target.id)) wanted[target.id] = target.checked;
  else if (target.name === "rows") wanted.rows = target.value;
  else if (target.name === "family") {
    // Names of releases mean nothing in another family.
    wanted = { ...wanted, family: target.value, writers: "", readers: "", scenario: "" };
    opened = undefined;
    view = undefined;
    show();
    return;
  }
  draw();
});
at("verdicts").addEventListener("click", ({ target }) => {
  const button = target.closest("[data-verdict]");
  if (!button) return;
  const verdict = Number(button.dataset.verdict);
  wanted.verdicts.delete(verdict) || wanted.verdicts.add(verdict);
  draw();
});
at("grid").addEventListener("mouseover", ({ target }) => aim(placeOf(target)));
at("grid").addEventListener("mouseleave", () => aim(undefined));
at("grid").addEventListener("focusin", ({ target }) => {
  const place = placeOf(target);
  if (!place) return;
  activate(...place);
  aim(place);
});
at("grid").addEventListener("click", ({ target }) => {
  const place = placeOf(target);
  if (!place) return;
  open(...place);
  remember();
});
at("grid").addEventListener("keydown", (event) => {
  const place = placeOf(event.target);
  if (!place || event.altKey || event.metaKey) return;
  const [row, column] = place;
  const [bottom, right] = [view.rows.length - 1, view.columns.length - 1];
  const moves = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    PageUp: [row - 10, column],
    PageDown: [row + 10, column],
    Home: [event.ctrlKey ? 0 : row, 0],
    End: [event.ctrlKey ? bottom : row, right],
  };
  const clamp = (value, most) => Math.min(Math.max(value, 0), most);
  if (event.key in moves) {
    event.preventDefault();
    const [to, over] = moves[event.key];
    cellAt(clamp(to, bottom), clamp(over, right)).focus();
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    open(...place);
    remember();
    if (!at("details").hidden) at("details").focus();
  }
});
at("details").addEventListener("click", ({ target }) => {
  if (target.id !== "close") return;
  close();
  remember();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || at("details").hidden) return;
  close();
  remember();
});
addEventListener("hashchange", recall);
addEventListener("beforeprint", () => aim(undefined));

for (const { family } of page.matrices) {
  at("families").append(
    element(
      "label",
      {},
      element("input", { type: "radio", name: "family", value: family }),
      element("span", {}, family),
    ),
  );
}
theme(storedTheme());
recall();
