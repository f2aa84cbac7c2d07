/**
 * How the console looks: calm surfaces, one accent, tables dense enough to work with. Knows colours
 * and sizes, no pages.
 */
import { defaultDarkTheme, defaultLightTheme, type RaThemeOptions } from "react-admin";

const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

export const lightTheme: RaThemeOptions = themeOf(defaultLightTheme, {
  mode: "light",
  primary: { main: "#1f5f8b" },
  secondary: { main: "#1f5f8b" },
  error: { main: "#b3261e" },
  background: { default: "#f6f7f9", paper: "#ffffff" },
  divider: "#e2e6ea",
  text: { primary: "#1b2430", secondary: "#55606e" },
});

export const darkTheme: RaThemeOptions = themeOf(defaultDarkTheme, {
  mode: "dark",
  primary: { main: "#7fb8e0" },
  secondary: { main: "#7fb8e0" },
  error: { main: "#f2918a" },
  background: { default: "#12171d", paper: "#1a2129" },
  divider: "#2c3642",
  text: { primary: "#e6ebf0", secondary: "#a3b0bd" },
});

interface Colours {
  readonly mode: "light" | "dark";
  readonly primary: { readonly main: string };
  readonly secondary: { readonly main: string };
  readonly error: { readonly main: string };
  readonly background: { readonly default: string; readonly paper: string };
  readonly divider: string;
  readonly text: { readonly primary: string; readonly secondary: string };
}

function themeOf(base: RaThemeOptions, palette: Colours): RaThemeOptions {
  const accent = palette.primary.main;
  const outlined = { rounded: { border: `1px solid ${palette.divider}` }, root: flat };
  const links = { "main a:not([class])": { color: accent } };
  const here = { color: accent, backgroundColor: `${accent}1a`, fontWeight: 600 };
  return {
    ...base,
    palette,
    shape: { borderRadius: 8 },
    typography: { fontFamily: family, fontSize: 13.5, button: { textTransform: "none" } },
    sidebar: { width: 248, closedWidth: 56 },
    components: {
      ...base.components,
      MuiPaper: { defaultProps: { elevation: 0 }, styleOverrides: outlined },
      MuiDialog: { styleOverrides: { paper: { "&&": flat } } },
      MuiCssBaseline: { styleOverrides: links },
      RaToolbar: { styleOverrides: { root: { backgroundColor: "transparent" } } },
      RaMenuItemLink: { styleOverrides: { root: { "&.RaMenuItemLink-active": here } } },
      MuiButton: { defaultProps: { disableElevation: true } },
      MuiTextField: { defaultProps: { variant: "outlined", size: "small", margin: "dense" } },
      MuiFormControl: { defaultProps: { variant: "outlined", size: "small", margin: "dense" } },
      MuiTooltip: { defaultProps: { enterDelay: 400 } },
    },
  };
}

const flat = { backgroundImage: "none" };
