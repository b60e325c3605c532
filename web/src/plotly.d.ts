/** The part of plotly.js that is used; the package brings no types. */
declare module 'plotly.js-cartesian-dist-min' {
  const Plotly: {
    react(at: HTMLElement, data: object[], layout: object, config: object): Promise<void>
    purge(at: HTMLElement): void
  }
  export default Plotly
}
