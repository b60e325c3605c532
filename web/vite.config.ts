import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The built app lies in dist, from where the binary embeds it. While the app is
// worked on, `npm run dev` serves it with the API of a server on the usual port.
export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2023',
    assetsInlineLimit: 0, // the Content-Security-Policy knows no data: scripts or styles
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/files': 'http://127.0.0.1:8080' } },
})
