// browser.mjs - Debian's Chromium for tests of pages.
import { existsSync } from 'node:fs';

import { chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// A browser that talks to nobody but the page's own server. close() it in an after(). The sandbox needs user
// namespaces, which containers and root have not.
export async function startBrowser() {
    const executablePath = process.env.CHROMIUM ?? PLACES.find(existsSync);
    if (!executablePath) throw new Error('no Chromium: install it, or name it in CHROMIUM');
    return chromium.launch({ executablePath, timeout: 60_000,
        args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'] });
}
