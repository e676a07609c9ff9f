// @ts-check
// The one script that is not a module: it runs before the first paint, so that
// a chosen colour scheme does not flash.
try {
  const theme = localStorage.getItem("lockscope-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the system's scheme it is.
}
