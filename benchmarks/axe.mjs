// Reports as a browser sees them: axe-core over each page in light, dark, on a telephone and with everything unfolded; the
// page's height, whether it is wider than the screen, and the smallest text in its figures. Exit status 1 for a violation.
//
//   npm install puppeteer-core axe-core          in any folder; they are no part of the project
//   CHROME=/usr/bin/chromium node PATH/TO/benchmarks/axe.mjs report.html ...     in that folder
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const require = createRequire(`${process.cwd()}/`);
const puppeteer = require('puppeteer-core');
const axe = require.resolve('axe-core/axe.min.js');

const VIEWS = [
  ['light', 1280, 'light', false],
  ['dark', 1280, 'dark', false],
  ['telephone', 360, 'light', false],
  ['narrow telephone', 320, 'dark', true],
  ['unfolded', 1280, 'light', true],
];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const launch = puppeteer.launch ?? puppeteer.default.launch;
const browser = await launch.call(puppeteer.default ?? puppeteer, {
  executablePath: process.env.CHROME ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
let wrong = 0;
for (const file of process.argv.slice(2)) {
  for (const [name, width, scheme, unfolded] of VIEWS) {
    const page = await browser.newPage();
    await page.setBypassCSP(true); // the page allows no script, so the checker comes in past its policy
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.goto(`file://${resolve(file)}`);
    if (unfolded) await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
    await page.addScriptTag({ path: axe });
    const seen = await page.evaluate(async (rules) => {
      const { violations, incomplete } = await window.axe.run(document, { runOnly: rules });
      const sizes = [...document.querySelectorAll('svg text')]
        .filter((one) => one.getBoundingClientRect().width > 0)
        .map((one) => parseFloat(getComputedStyle(one).fontSize) * Math.hypot(one.getScreenCTM().a, one.getScreenCTM().b));
      const { scrollHeight, scrollWidth, clientWidth } = document.documentElement;
      const brief = (found) => found.map(({ id, impact, nodes }) => `${id} (${impact}, ${nodes.length}): ${nodes[0].html.slice(0, 120)}`);
      return {
        violations: brief(violations), incomplete: brief(incomplete), height: scrollHeight,
        overflow: scrollWidth - clientWidth, smallest: sizes.length ? Math.min(...sizes) : null,
      };
    }, RULES);
    wrong += seen.violations.length + (seen.overflow > 0) + (seen.smallest !== null && seen.smallest < 10.99);
    console.log(`${file}, ${name}: ${seen.height} px high, ${seen.overflow} px too wide, smallest text in figures ` +
      `${seen.smallest?.toFixed(1) ?? 'none'} px, ${seen.violations.length} violations, ${seen.incomplete.length} to look at`);
    for (const one of seen.violations) console.log(`  violation ${one}`);
    for (const one of seen.incomplete) console.log(`  look at ${one}`);
    await page.close();
  }
}
await browser.close();
process.exit(wrong ? 1 : 0);
