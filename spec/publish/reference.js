// Draws the reference with Redoc, in the reader's colour scheme or the one chosen by the button.
const chosen = new URLSearchParams(location.search).get("theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const dark = chosen ? chosen === "dark" : system.matches;
document.documentElement.dataset.theme = dark ? "dark" : "light";

const fonts = { fontFamily: "system-ui, sans-serif", fontSize: "15px", lineHeight: "1.55" };
const light = {
  typography: { ...fonts, headings: { fontFamily: fonts.fontFamily, fontWeight: "600" }, code: { color: "#a3244e" } },
  colors: { primary: { main: "#1f4fbf" } },
};
const night = {
  typography: {
    ...fonts,
    headings: { fontFamily: fonts.fontFamily, fontWeight: "600" },
    code: { color: "#f2a7c0", backgroundColor: "#23272e" },
    links: { color: "#8ab8ff", visited: "#8ab8ff", hover: "#b5d2ff" },
  },
  colors: {
    primary: { main: "#8ab8ff" },
    success: { main: "#6fcf87" },
    error: { main: "#ff9a8f" },
    warning: { main: "#e3b341" },
    text: { primary: "#e4e6ea", secondary: "#b3b9c3" },
    border: { dark: "#49505a", light: "#2c313a" },
    gray: { 50: "#1a1d22", 100: "#2a2f37" },
    responses: {
      success: { color: "#6fcf87", backgroundColor: "#16261b" },
      error: { color: "#ff9a8f", backgroundColor: "#2b1a19" },
      redirect: { color: "#e3b341", backgroundColor: "#292212" },
      info: { color: "#8ab8ff", backgroundColor: "#15202f" },
    },
  },
  schema: { nestedBackground: "#1a1d22", linesColor: "#5b6470", typeNameColor: "#a8b3c2", typeTitleColor: "#a8b3c2", requireLabelColor: "#ff9a8f" },
  sidebar: { backgroundColor: "#15181c", textColor: "#d6d9de", activeTextColor: "#8ab8ff" },
  rightPanel: { backgroundColor: "#0c0e11" },
  codeBlock: { backgroundColor: "#16191e" },
};

Redoc.init(
  contract,
  {
    theme: dark ? night : light,
    showExtensions: ["x-standing", "x-assumed", "x-older", "x-known-values", "x-time-zone"],
    expandResponses: "200",
    hideDownloadButton: true,
    hideLoading: true,
    nativeScrollbars: true,
    pathInMiddlePanel: true,
    sortRequiredPropsFirst: true,
  },
  document.getElementById("reference"),
);

function redraw(theme) {
  const address = new URL(location.href);
  address.searchParams.set("theme", theme);
  location.href = address.href;
}
const button = document.getElementById("theme");
button.textContent = dark ? "Light" : "Dark";
button.addEventListener("click", () => redraw(dark ? "light" : "dark"));
if (!chosen) system.addEventListener("change", () => location.reload());
