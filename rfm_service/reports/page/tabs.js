// One tab at a time, by click, arrows, Home and End. Without scripts all of them stand one under the other.
(() => {
  "use strict";
  const tabs = [...document.querySelectorAll('[role="tab"]')];

  function open(tab) {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    document.dispatchEvent(new Event("tab"));
  }

  function press(event) {
    const here = tabs.indexOf(event.currentTarget);
    const there = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (there === undefined) return;
    event.preventDefault();
    const tab = tabs[(there + tabs.length) % tabs.length];
    tab.focus();
    open(tab);
  }

  for (const tab of tabs) {
    tab.addEventListener("click", () => {
      open(tab);
      if (document.documentElement.scrollTop > tab.parentElement.parentElement.offsetTop) window.scrollTo(0, tab.parentElement.parentElement.offsetTop);
    });
    tab.addEventListener("keydown", press);
  }
  document.querySelector("nav").hidden = false;
  open(tabs[0]);
})();
