// What is selected of the data, and what each cell then says. Nothing here touches the page.

const NOTHING = -1;

// Text that a person typed -> a test of names: the whole name, its beginning, or * for anything; several with spaces or
// commas. `anywhere`: a term may stand anywhere in the name.
function matcher(text, names, anywhere) {
  const tests = text
    .trim()
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((term) => {
      const forms = (name) => [name.toLowerCase(), name.toLowerCase().slice(name.lastIndexOf("@") + 1)];
      if (names.some((name) => forms(name).includes(term))) return (name) => forms(name).includes(term);
      const parts = term.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
      const ends = term.includes("*") ? "$" : "";
      const pattern = new RegExp((anywhere && !ends ? "" : "^") + parts.join(".*") + ends);
      return (name) => forms(name).some((form) => pattern.test(form));
    });
  return (name) => !tests.length || tests.some((test) => test(name));
}

// Neighbours of `items` that look the same, as lists.
function neighbours(items, look) {
  const groups = [];
  let last;
  for (const item of items) {
    const seen = look(item);
    if (groups.length && seen === last) groups.at(-1).push(item);
    else groups.push([item]);
    last = seen;
  }
  return groups;
}

// How many readings have which verdict. `documents` counts those with other verdicts than are looked for, too.
class Cell {
  constructor(verdicts) {
    this.counts = new Array(verdicts).fill(0);
    this.documents = 0;
    this.worst = NOTHING;
    this.outcome = NOTHING;
  }

  add(verdict, outcome, isShown) {
    this.documents += 1;
    if (!isShown) return;
    this.counts[verdict] += 1;
    this.worst = Math.max(this.worst, verdict);
    this.outcome = Math.max(this.outcome, outcome);
  }

  get nextRunIsWorse() {
    return this.outcome > this.worst;
  }

  // 1, 2 or 3: how large a share of the documents has the worst verdict.
  get share() {
    const share = this.counts[this.worst] / this.documents;
    return share < 0.05 ? 1 : share < 0.2 ? 2 : 3;
  }
}

// Rows x columns of one family as `wanted` says. Verdicts are places in the list of verdicts, best first; a row is
// {names, documents}, a column {names, positions}, positions being places among the family's readers.
class View {
  constructor(matrix, wanted, verdicts) {
    this.matrix = matrix;
    this.wanted = wanted;
    this.verdicts = verdicts;
    const counts = wanted.nextTurn ? "outcome" : "verdict";
    this.verdictOf = matrix.readings.map((reading) => reading[counts]);
    this.isShown = this.verdictOf.map((verdict) => !wanted.verdicts.size || wanted.verdicts.has(verdict));
    const readers = matrix.readers.map((reader) => reader.name);
    const isWriter = matcher(wanted.writers, matrix.writers, false);
    const isReader = matcher(wanted.readers, readers, false);
    const isScenario = matcher(wanted.scenario, matrix.scenarios, true);
    const finals = new Set(matrix.finals);
    const isWanted = (name) => !wanted.finals || finals.has(name);
    const written = matrix.writers.map((name) => isWriter(name) && isWanted(name));
    const positions = readers.flatMap((name, position) => (isReader(name) && isWanted(name) ? [position] : []));
    // Whether what was typed matches any name at all.
    this.matches = {
      writers: matrix.writers.some(isWriter),
      readers: readers.some(isReader),
      scenario: matrix.scenarios.some(isScenario),
    };
    this.documents = matrix.documents
      .filter((document) => isScenario(document.scenario))
      .map((document) => ({
        ...document,
        writers: document.writers.filter((writer) => written[writer]),
        readings: document.readings.map((reading) =>
          reading !== NOTHING && this.verdictOf[reading] !== NOTHING ? reading : NOTHING,
        ),
      }))
      .filter((document) => document.writers.length);
    this.columns = this.#columns(positions);
    this.rows = wanted.rows === "writers" ? this.#writers() : this.#scenarios();
    this.cells = this.rows.map((row) => this.columns.map((column) => this.#cell(row.documents, column)));
    this.whole = new Cell(verdicts.length);
    for (const document of this.documents)
      for (const position of positions) this.#count(this.whole, document.readings[position]);
  }

  #columns(positions) {
    const kind = (reading) =>
      reading === NOTHING || !this.isShown[reading] ? NOTHING : this.matrix.readings[reading].kind;
    const look = (position) =>
      this.wanted.grouped
        ? this.documents.map((document) => kind(document.readings[position])).join()
        : String(position);
    return neighbours(positions, look).map((group) => ({
      names: group.map((position) => this.matrix.readers[position].name),
      positions: group,
    }));
  }

  #writers() {
    const documents = this.matrix.writers.map(() => []);
    for (const document of this.documents) for (const writer of document.writers) documents[writer].push(document);
    const known = documents.flatMap((found, writer) => (found.length ? [writer] : []));
    const look = (writer) => {
      if (!this.wanted.grouped) return String(writer);
      const cells = this.columns.map((column) => this.#cell(documents[writer], column));
      const family = this.matrix.writers[writer].split("@")[0];
      return family + cells.map((cell) => `${cell.worst}/${cell.outcome}`).join();
    };
    return neighbours(known, look).map((group) => ({
      names: group.map((writer) => this.matrix.writers[writer]),
      documents: this.documents.filter((document) => document.writers.some((writer) => group.includes(writer))),
    }));
  }

  #scenarios() {
    // Most scenarios say nothing where one looks for certain verdicts; they are left out, while writers keep their place.
    const says = ({ readings }) => readings.some((reading) => reading !== NOTHING && this.isShown[reading]);
    const found = Map.groupBy(this.documents, (document) => document.scenario);
    return [...found].flatMap(([scenario, documents]) =>
      documents.some(says) ? [{ names: [scenario], documents }] : [],
    );
  }

  #cell(documents, column) {
    const cell = new Cell(this.verdicts.length);
    for (const document of documents) this.#count(cell, document.readings[column.positions[0]]);
    return cell;
  }

  #count(cell, reading) {
    if (reading !== NOTHING)
      cell.add(this.verdictOf[reading], this.matrix.readings[reading].outcome, this.isShown[reading]);
  }

  // The documents of a cell by what the reader says of them, worst first: [{verdict, reading, documents}].
  cases(row, column) {
    const position = column.positions[0];
    const read = row.documents.filter(
      ({ readings }) => readings[position] !== NOTHING && this.isShown[readings[position]],
    );
    const byKind = Map.groupBy(read, (document) => this.matrix.readings[document.readings[position]].kind);
    return [...byKind.values()]
      .map((documents) => {
        const place = documents[0].readings[position];
        return { verdict: this.verdictOf[place], reading: this.matrix.readings[place], documents };
      })
      .sort(
        (one, other) =>
          other.verdict - one.verdict ||
          other.reading.outcome - one.reading.outcome ||
          other.documents.length - one.documents.length,
      );
  }

  // Releases of the family reading what an older one wrote, what they wrote themselves, what a newer one wrote.
  directions() {
    const age = new Map(this.matrix.readers.map((reader, position) => [reader.name, position]));
    const cells = {
      upgrade: new Cell(this.verdicts.length),
      same: new Cell(this.verdicts.length),
      rollback: new Cell(this.verdicts.length),
    };
    const positions = this.columns.flatMap((column) => column.positions);
    for (const document of this.documents) {
      for (const writer of document.writers) {
        const written = age.get(this.matrix.writers[writer]);
        if (written === undefined) continue;
        for (const position of positions) {
          const cell = position > written ? cells.upgrade : position < written ? cells.rollback : cells.same;
          this.#count(cell, document.readings[position]);
        }
      }
    }
    return cells;
  }
}
