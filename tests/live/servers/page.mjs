// A browser that is told what to do: a JSON array a line on standard input, a JSON object a line as the answer.
//   node page.mjs NODE_MODULES CHROMIUM PROFILE
// The names of the commands are those of the table below; `page.py` calls them.
import {createInterface} from "node:readline";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const [modules, executablePath, profile] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const {chromium} = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({executablePath, headless: true, args: [...args, `--disk-cache-dir=${profile}`]});

let page;
let faults = [];

const commands = {
  // A new page of this size; `options` are those of a context: colorScheme, javaScriptEnabled, …
  async open(url, width, height, options) {
    await page?.context().close();
    faults = [];
    const context = await browser.newContext({viewport: {width, height}, bypassCSP: false, ...options});
    page = await context.newPage();
    page.on("console", (said) => ["error", "warning"].includes(said.type()) && faults.push(said.text()));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("request", (request) => request.url() !== url.split("#")[0] && !request.url().startsWith("data:") && faults.push(`asked for ${request.url()}`));
    await page.goto(url);
  },
  press: (key) => page.keyboard.press(key),
  type: (text) => page.keyboard.type(text),
  click: (selector) => page.click(selector),
  choose: (selector, label) => page.selectOption(selector, {label}),
  hover: (selector, x, y) => page.hover(selector, {position: {x, y}}),
  point: (selector, x, y) => page.click(selector, {position: {x, y}}),
  scroll: (y) => page.mouse.wheel(0, y),
  back: () => page.goBack(),
  // The value of an expression, as soon as it is neither false nor null.
  until: async (expression) => (await page.waitForFunction(expression, null, {timeout: 10_000})).jsonValue(),
  value: (expression) => page.evaluate(expression),
  faults: () => faults,
  media: (options) => page.emulateMedia(options),
  screenshot: (path, fullPage) => page.screenshot({path, fullPage, animations: "disabled"}),
  pdf: (path) => page.pdf({path, format: "A4", margin: {top: "14mm", bottom: "14mm", left: "12mm", right: "12mm"}}),
  // What breaks a rule of accessibility, as `rule: selector`. The page's own policy keeps scripts out, not DevTools.
  async axe() {
    await page.evaluate(axe);
    const {violations} = await page.evaluate(() => axe.run(document, {resultTypes: ["violations"]}));
    return violations.flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`));
  },
};

for await (const line of createInterface({input: process.stdin})) {
  const [name, ...words] = JSON.parse(line);
  let answer;
  try {
    answer = {value: (await commands[name](...words)) ?? null};
  } catch (error) {
    answer = {error: String(error)};
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
