// Drawing: the grid, one cell in full, the verdicts, and what happens in upgrades and rollbacks.

const number = new Intl.NumberFormat("en");
const percentage = (share) => (share < 0.001 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`);
const counted = (count, noun) => `${number.format(count)} ${noun}${count === 1 ? "" : "s"}`;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

// The names of a row or column without the family that the readers have: one, or the first and the last; for all writers
// of another family "dotnet@*".
function ends(names, matrix) {
  const of = names[0].split("@")[0];
  if (
    of !== matrix.family &&
    names.length > 1 &&
    names.length === matrix.writers.filter((writer) => writer.startsWith(`${of}@`)).length
  ) {
    return [`${of}@*`];
  }
  const short = names.map((name) =>
    name.startsWith(`${matrix.family}@`) ? name.slice(matrix.family.length + 1) : name,
  );
  const last = short.at(-1);
  return short.length === 1 ? [short[0]] : [short[0], last.slice(last.lastIndexOf("@") + 1)];
}
const label = (names, matrix) => ends(names, matrix).join(" – ");

// "rejected 12 of 49 documents, identical 37": what a cell says, in words.
function inWords(cell, page) {
  if (cell.worst === NOTHING) return "nothing recorded or selected";
  const parts = [];
  for (let verdict = cell.counts.length - 1; verdict >= 0; verdict -= 1) {
    if (!cell.counts[verdict]) continue;
    const many = parts.length
      ? number.format(cell.counts[verdict])
      : `${number.format(cell.counts[verdict])} of ${counted(cell.documents, "document")}`;
    parts.push(`${page.verdicts[verdict].name} ${many}`);
  }
  return parts.join(", ") + (cell.nextRunIsWorse ? "; the next run is worse" : "");
}

function howMuch(view) {
  const distinct = (groups) => new Set(groups.flatMap(({ names }) => names)).size;
  return [
    counted(distinct(view.rows), view.wanted.rows === "writers" ? "writer" : "scenario"),
    counted(distinct(view.columns), "reader"),
    counted(view.documents.length, "document"),
    counted(view.whole.documents, "reading"),
  ].join(" · ");
}

function howToRead(view) {
  const { grouped, rows, nextTurn } = view.wanted;
  const worse = view.cells.flat().some((cell) => cell.nextRunIsWorse);
  return [
    "A cell is the worst verdict on any document of its row;",
    "the stronger the colour, the larger the share of documents that fare so.",
    grouped && "A number says how many do; a letter alone: all of them.",
    rows === "writers" && "A ring marks a release reading what it wrote itself:",
    rows === "writers" && "left of it older releases read (a rollback), right of it newer ones (an upgrade).",
    worse &&
      "“!”: the next run is worse than the verdict; it fails, or does not see all of the history or an approval.",
    nextTurn && "What the next run would do is counted in.",
  ]
    .filter(Boolean)
    .join(" ");
}

const mark = (verdict, page) =>
  element(
    "span",
    { class: `mark ${page.verdicts[verdict].name}`, "aria-hidden": "true" },
    page.verdicts[verdict].letter,
  );

function drawGrid(table, view, page) {
  const head = element(
    "tr",
    {},
    element(
      "th",
      { class: "corner", scope: "col" },
      element("span", {}, "read by →", element("br"), view.wanted.rows === "writers" ? "written by ↓" : "scenario ↓"),
    ),
  );
  for (const [index, column] of view.columns.entries()) {
    const [first, last] = ends(column.names, view.matrix);
    const text = element("span", {}, first, ...(last ? [element("br"), `– ${last}`] : []));
    head.append(
      element(
        "th",
        { scope: "col", role: "columnheader", "aria-colindex": index + 2, title: column.names.join(", ") },
        text,
      ),
    );
  }
  const body = element("tbody");
  const readers = view.columns.map((column) => label(column.names, view.matrix));
  for (const [index, row] of view.rows.entries()) body.append(gridRow(row, index, readers, view, page));
  table.className = view.wanted.grouped ? "merged" : "";
  table.setAttribute("aria-label", `${view.matrix.family}: ${view.wanted.rows} by readers`);
  table.setAttribute("aria-rowcount", view.rows.length + 1);
  table.setAttribute("aria-colcount", view.columns.length + 1);
  table.replaceChildren(element("thead", {}, head), body);
}

function gridRow(row, index, readers, view, page) {
  const line = element("tr", { "aria-rowindex": index + 2 });
  const title = label(row.names, view.matrix);
  const place = `${view.wanted.rows === "writers" ? "written by" : "scenario"} ${title}`;
  const foreign =
    view.wanted.rows === "writers" &&
    index > 0 &&
    row.names[0].split("@")[0] !== view.rows[index - 1].names[0].split("@")[0];
  const size = element(
    "small",
    { title: counted(row.documents.length, "document") },
    number.format(row.documents.length),
  );
  line.append(
    element(
      "th",
      { scope: "row", role: "rowheader", class: foreign ? "other" : undefined, title: row.names.join(", ") },
      title,
      " ",
      size,
    ),
  );
  for (const [position, column] of view.columns.entries()) {
    const cell = view.cells[index][position];
    const own = row.names.some((name) => column.names.includes(name)) ? "own " : "";
    const name = `${place}, read by ${readers[position]}: ${inWords(cell, page)}`;
    const shared = { role: "gridcell", tabindex: "-1", "aria-colindex": position + 2, "aria-label": name };
    if (cell.worst === NOTHING) {
      line.append(element("td", { ...shared, class: `${own}nothing-here` }, "·"));
      continue;
    }
    const verdict = page.verdicts[cell.worst];
    const some = view.wanted.grouped && cell.counts[cell.worst] < cell.documents;
    line.append(
      element(
        "td",
        { ...shared, class: `${own}${verdict.name} share-${cell.share}` },
        verdict.letter,
        some ? element("small", {}, number.format(cell.counts[cell.worst])) : null,
        cell.nextRunIsWorse ? element("span", { class: "next" }, "!") : null,
      ),
    );
  }
  return line;
}

// What the reader does with each document of a cell. Returns what goes into the panel.
function cellInFull(row, column, cell, view, page) {
  const close = element("button", { type: "button", class: "button", id: "close", "aria-label": "Close" }, "✕");
  const who = element(
    "h2",
    { id: "details-title" },
    label(row.names, view.matrix),
    element("span", { class: "quiet" }, " read by "),
    label(column.names, view.matrix),
  );
  const reader = view.matrix.readers[column.positions[0]];
  return [
    element("header", {}, element("div", {}, who, element("p", { class: "quiet" }, inWords(cell, page))), close),
    ...view.cases(row, column).map((each) => caseInFull(each, view.matrix, page)),
    element(
      "section",
      { class: "case quiet" },
      element(
        "p",
        {},
        `${reader.name} was recorded on ${reader.recorded}${reader.environment ? ` with ${reader.environment}` : ""}.`,
      ),
      element("p", {}, reader.how),
    ),
  ];
}

const SHOWN = 6;

function caseInFull({ verdict, reading, documents }, matrix, page) {
  const facts = element("dl");
  const fact = (name, ...value) => facts.append(element("dt", {}, name), element("dd", {}, ...value));
  const code = (text) => element("code", {}, text);
  if (reading.error) {
    const { type, cause, message } = reading.error;
    fact(
      reading.stage ? `at ${reading.stage}` : "error",
      code(type),
      cause ? " caused by " : "",
      cause ? code(cause) : "",
    );
    if (message) fact("message", code(message));
  }
  if (reading.changes?.length) {
    const [first, ...others] = reading.changes;
    const change = ([pointer, kind]) =>
      element(
        "li",
        {},
        element("code", {}, matrix.pointers[pointer] || "(the whole document)"),
        `${page.changes[kind]}`,
      );
    const rest = others.length
      ? element(
          "details",
          {},
          element("summary", {}, `and ${counted(others.length, "more place")}`),
          element("ul", {}, ...others.map(change)),
        )
      : null;
    fact("first difference", element("ul", {}, change(first)), rest);
  }
  if (reading.restored !== undefined) fact("messages", `${number.format(reading.restored)} restored`);
  const worse = reading.outcome > reading.verdict;
  if (reading.next)
    fact("next run", worse ? element("strong", {}, `! ${page.nextTurns[reading.next]}`) : page.nextTurns[reading.next]);
  const line = (each) => element("li", { title: each.produced }, each.scenario, element("code", {}, each.path));
  const list = element("ul", {}, ...documents.slice(0, SHOWN).map(line));
  const hidden = documents.slice(SHOWN);
  const more = hidden.length
    ? element(
        "details",
        {},
        element("summary", {}, `and ${counted(hidden.length, "more document")}`),
        element("ul", {}, ...hidden.map(line)),
      )
    : null;
  const { name } = page.verdicts[verdict];
  return element(
    "section",
    { class: "case" },
    element("h3", {}, mark(verdict, page), `${name}: ${counted(documents.length, "document")}`),
    facts.children.length ? facts : null,
    list,
    more,
  );
}

// The verdicts with how many readings have them. Buttons: the legend is where one hides what one does not look for.
function drawVerdicts(place, view, page) {
  place.classList.toggle("some", view.wanted.verdicts.size > 0);
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.verdict : undefined;
  place.replaceChildren(
    ...page.verdicts.map((verdict, index) =>
      element(
        "button",
        {
          type: "button",
          class: "verdict",
          "data-verdict": index,
          "aria-pressed": String(view.wanted.verdicts.has(index)),
        },
        mark(index, page),
        element("span", {}, verdict.name),
        element("span", { class: "count" }, number.format(view.whole.counts[index])),
        element("small", {}, verdict.meaning),
      ),
    ),
  );
  if (focused !== undefined) place.querySelector(`[data-verdict="${focused}"]`).focus();
}

const DIRECTIONS = {
  rollback: "Rollback: an older release reads",
  same: "The release that wrote it reads",
  upgrade: "Upgrade: a newer release reads",
};

function drawDirections(place, view, page) {
  const cells = view.directions();
  place.replaceChildren(
    ...Object.entries(DIRECTIONS)
      .filter(([direction]) => cells[direction].documents)
      .map(([direction, title]) => {
        const cell = cells[direction];
        const bar = element("div", { class: "bar", "aria-hidden": "true" });
        const lost = [];
        for (let verdict = cell.counts.length - 1; verdict >= 0; verdict -= 1) {
          if (!cell.counts[verdict]) continue;
          const { name } = page.verdicts[verdict];
          const part = element("i", { class: name, title: `${name} ${number.format(cell.counts[verdict])}` });
          part.style.flexGrow = cell.counts[verdict];
          bar.append(part);
          if (verdict >= page.firstLoss) lost.push(`${percentage(cell.counts[verdict] / cell.documents)} ${name}`);
        }
        const rest = element("i");
        rest.style.flexGrow = cell.documents - cell.counts.reduce((sum, count) => sum + count, 0);
        bar.append(rest);
        const words = `${lost.join(", ") || "nothing lost"} of ${counted(cell.documents, "reading")}, once for each writer`;
        return element(
          "div",
          { class: "direction", id: direction },
          element("b", {}, title),
          bar,
          element("p", { class: "quiet" }, words),
        );
      }),
  );
}
