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
  if (target.hidden) {
    const form = target.closest("section").querySelector("form.filters");
    form.reset();
    filter(form);
  }
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  target.scrollIntoView();
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
  folded = all("details:not([open])");
  for (const fold of folded) fold.open = true;
});
addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; });
