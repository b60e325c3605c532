import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

/** The accent and its neighbours, light to dark. */
const ink: MantineColorsTuple = [
  '#eaeefd', '#d5dcfa', '#b3c0f5', '#9db0ff', '#7387e6', '#5a70db', '#4a62db', '#3a50c9', '#3043a8', '#263583',
]

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 6 },
  colors: { ink },
  fontFamily:
    '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '0.6875rem', sm: '0.75rem', md: '0.8125rem', lg: '1rem', xl: '1.25rem' },
  lineHeights: { xs: '1.45', sm: '1.5', md: '1.54', lg: '1.5', xl: '1.4' },
  defaultRadius: 6,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'xs', variant: 'default' } },
    TextInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    // Nothing under a dialog scrolls, and locking it needs a style that the page's policy refuses.
    Modal: { defaultProps: { radius: 12, size: 560, centered: true, lockScroll: false } },
    Tooltip: { defaultProps: { openDelay: 300 } },
  },
})

/** Mantine's grounds and borders are ours. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: ours,
  dark: ours,
})

const ours = {
  '--mantine-color-body': 'var(--canvas)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-dimmed': 'var(--text-3)',
  '--mantine-color-placeholder': 'var(--text-3)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-default': 'var(--canvas)',
  '--mantine-color-default-hover': 'var(--subtle)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--line-2)',
  '--mantine-color-error': 'var(--bad)',
}
