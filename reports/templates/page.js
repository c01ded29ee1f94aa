"use strict";
document.documentElement.classList.add("script");
const all = (selector, within) => [...(within || document).querySelectorAll(selector)];

// Copy: the text of the block that a button stands beside.
async function copy(button) {
  const block = button.closest(".run").querySelector("pre");
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(block.textContent);
  } catch {  // a page that was opened from a file may not be allowed to
    const range = document.createRange();
    range.selectNodeContents(block);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand("copy");
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = label; }, 1500);
}

// Filters: the rows of one certificate that hold every word of the search and have a box ticked.
function filter(form) {
  const body = form.closest("section");
  const wanted = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const ticked = name => new Set(all(`input[name=${name}]:checked`, form).map(box => box.value));
  const statuses = ticked("status"), severities = ticked("severity"), family = form.elements.family.value;
  const narrowed = wanted.length > 0 || all("input[type=checkbox]:not(:checked)", form).length > 0 || family !== "";
  let count = 0;
  for (const group of all(".family", body)) {
    let here = 0;
    for (const row of all("tbody tr", group)) {
      const text = row.textContent.toLowerCase();
      row.hidden = !(statuses.has(row.dataset.status) && severities.has(row.dataset.severity) &&
        (family === "" || family === group.dataset.family) && wanted.every(word => text.includes(word)));
      here += row.hidden ? 0 : 1;
    }
    group.hidden = here === 0;
    group.open = narrowed ? here > 0 : group.dataset.first === "open";
    count += here;
  }
  form.querySelector("output").textContent = `${count} of ${all(".family tbody tr", body).length} checks`;
}

// A link to a check unfolds what it stands in, and takes filters off that hide it.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.hidden) target.closest("section").querySelector("form.filters").reset();
  setTimeout(() => {  // a form that was reset folds families anew
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  });
}

for (const button of all("[data-copy]")) button.addEventListener("click", () => copy(button));
for (const form of all("form.filters[data-checks]")) {
  form.addEventListener("input", () => filter(form));
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => filter(form)));
  for (const button of all("[data-fold]", form)) {
    button.addEventListener("click", () => {
      for (const group of all(".family", form.closest("section"))) group.open = button.dataset.fold === "open";
    });
  }
  filter(form);
}
addEventListener("hashchange", reveal);
reveal();

// "/" leads to the search; paper shows what is folded.
addEventListener("keydown", event => {
  const search = document.querySelector("input[type=search]");
  if (event.key !== "/" || !search || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  search.focus();
});
let folded = [];
addEventListener("beforeprint", () => {
  folded = all("details:not([open], .code)");
  for (const fold of folded) fold.open = true;
});
addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; });

// The matrix: heads sort, cells lead to evidence, arrows move, and what is not asked for is hidden.
const RANK = ["✗", "!", "⊘", "◆", "✓", "–", ""];
function key(row, place) {
  const text = row.cells[place].textContent.trim();
  const rank = RANK.indexOf(text.slice(0, 1));
  const minor = row.cells[place].classList.contains("minor") ? .5 : 0;
  return rank >= 0 && place > 2 ? [rank + minor, -parseFloat(text.slice(1)) || 0] : [0, text];
}
const rowsOf = table => [...table.tBodies].flatMap(body => [...body.rows]);
function sort(head) {
  const table = head.closest("table"), sizes = [...table.tBodies].map(body => body.rows.length);
  const place = head.cellIndex, down = head.getAttribute("aria-sort") !== "ascending";
  const rows = rowsOf(table).map(row => [key(row, place), row]);
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b
    : String(a).localeCompare(String(b), undefined, {numeric: true});
  rows.sort(([a], [b]) => (compare(a[0], b[0]) || compare(a[1], b[1])) * (down ? 1 : -1));
  for (const other of head.parentElement.cells) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", down ? "ascending" : "descending");
  const sorted = rows.map(([, row]) => row);
  for (const [index, body] of [...table.tBodies].entries()) body.append(...sorted.splice(0, sizes[index]));
  if (!table.matches(".words")) measure(table);
}
// A batch that is out of sight is as high as the rows of it that are not hidden.
function measure(table) {
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter(row => !row.hidden).length;
    body.style.containIntrinsicHeight = `calc(${rows} * 1.65rem)`;
  }
}
function follow(cell) {
  const link = cell.parentElement.querySelector("a");
  if (!link || cell.matches(".release, .said") || cell.textContent === "") return;
  const column = cell.closest("table").tHead.rows[0].cells[cell.cellIndex].dataset.to;
  const failed = cell.matches(".failed, .error") ? column.replace(/^check-/, "failure-") : column;
  location.href = `${link.getAttribute("href")}#${cell.dataset.to || failed}`;
}
const steps = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]};
function move(cell, [down, across]) {
  const rows = rowsOf(cell.closest("table")).filter(row => !row.hidden);
  const row = rows[rows.indexOf(cell.parentElement) + down];
  const next = row && row.cells[cell.cellIndex + across];
  if (!next) return;
  next.tabIndex = -1;
  next.focus();
}
const sheets = new Map();
function narrow(form) {
  const table = document.querySelector("table.grid");
  const wanted = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const {verdict, package: origin, column, failing} = form.elements;
  const place = column.value === "" ? null : Number(column.value) + 3;
  let count = 0;
  const rows = rowsOf(table);
  for (const row of rows) {
    const text = [0, 1, 2].map(each => row.cells[each].textContent).join(" ").toLowerCase();
    row.hidden = !(wanted.every(word => text.includes(word)) && (!verdict.value || row.dataset.verdict === verdict.value) &&
      (!origin.value || row.dataset.package === origin.value) &&
      (place === null || row.cells[place].matches(".failed, .error")));
    count += row.hidden ? 0 : 1;
  }
  if (!sheets.has(table)) {
    sheets.set(table, new CSSStyleSheet());
    document.adoptedStyleSheets = [sheets.get(table)];
  }
  sheets.get(table).replaceSync([...table.tHead.rows[0].cells].map((head, index) =>
    failing.checked && head.matches(".across:not([data-bad])") ? `.grid tr > :nth-child(${index + 1}) { display: none !important; }` : "").join(""));
  form.querySelector("output").textContent = `${count} of ${rows.length} subjects`;
  if (!table.matches(".words")) measure(table);
}
for (const form of all("form[data-matrix]")) {
  form.addEventListener("input", () => narrow(form));
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => narrow(form)));
  narrow(form);
}
function pick(form) {
  const wanted = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = rowsOf(form.nextElementSibling.querySelector("table"));
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !wanted.every(word => text.includes(word));
  }
  form.querySelector("output").textContent = `${rows.filter(row => !row.hidden).length} of ${rows.length} rows`;
}
for (const form of all("form[data-rows]")) {
  form.addEventListener("input", () => pick(form));
  form.addEventListener("submit", event => event.preventDefault());
  pick(form);
}
function search(form) {
  const wanted = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const cards = all(".chart");
  for (const card of cards) {
    const text = all("code", card).map(each => each.textContent).join(" ").toLowerCase();
    card.hidden = !wanted.every(word => text.includes(word)) || (form.elements.changed.checked && !("changed" in card.dataset));
  }
  form.querySelector("output").textContent = `${cards.filter(card => !card.hidden).length} of ${cards.length} charts`;
}
for (const form of all("form[data-charts]")) {
  form.addEventListener("input", () => search(form));
  form.addEventListener("submit", event => event.preventDefault());
  search(form);
}
for (const table of all("table.grid")) {
  table.tHead.addEventListener("click", event => {
    const head = event.target.closest("th");
    if (head && event.target.closest("button")) sort(head);
  });
  if (table.classList.contains("words")) continue;
  table.addEventListener("click", event => {
    const cell = event.target.closest("tbody td");
    if (cell) follow(cell);
  });
  table.closest(".pane").addEventListener("keydown", event => {
    const cell = event.target.closest("tbody td, tbody th");
    if (event.key in steps) {
      event.preventDefault();
      if (cell) move(cell, steps[event.key]);
      else if (event.target.matches(".pane")) move(table.tBodies[0].rows[0].cells[0], [0, 1]);
    } else if (event.key === "Enter" && cell && cell.matches("td")) follow(cell);
  });
}
