/** The style sheet that plotly.js writes its rules into: made here first, with the nonce that the page's policy asks for. */

const style = document.createElement('style')
style.id = 'plotly.js-style-global'
style.nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''
document.head.append(style)
